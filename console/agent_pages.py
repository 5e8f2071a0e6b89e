"""Agents: what they say and know, where they may appear, and what to paste into a page."""

from typing import Any

from asgiref.sync import async_to_sync
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST, require_safe

from agents import faces, services
from agents.errors import NoSuchReadyAgent
from agents.models import Agent
from agents.ready import READY
from avatar import AvatarError, load_poster
from console import snippets
from console.agent_forms import AgentForm
from console.base import column
from console.making_pages import MakingPages
from console.overview_pages import OverviewPages
from console.requests import viewer
from rtc import commands
from rtc.models import Session

OWN = ("own_stt", "own_llm", "own_tts")
EMBED = ("frame_snippet", "token_snippet", "frame_warning", "links")
FIELDSETS: tuple[tuple[str | None, dict[str, Any]], ...] = (
    (None, {"fields": ("name", "code", "enabled")}),
    ("Put it into a page", {"fields": EMBED}),
    ("What it says and knows", {"fields": ("greeting", "prompt", "knowledge", "knowledge_bases")}),
    ("Who may meet it", {"fields": ("allowed_origins", "anonymous")}),
    ("Voice and face", {"fields": (("language", "voice"), "avatar", OWN, "providers")}),
    (
        "Limits and privacy",
        {"fields": (("max_live_visits", "minutes_per_day"), "keep_transcripts_days")},
    ),
)


class AgentPages(MakingPages, OverviewPages):
    form = AgentForm
    list_display = ("name", "code", "state", "access", "updated_at")
    search_fields = ("name", "code")
    save_on_top = False
    warn_unsaved_form = True
    change_form_outer_before_template = "console/before_agent.html"

    class Media:
        js = ("console/copy.js",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (
            (*self.list_display, "account") if viewer(request).is_superuser else self.list_display
        )

    def get_fieldsets(self, request: HttpRequest, obj: Agent | None = None) -> list[Any]:
        shown = [part for part in FIELDSETS if obj is not None or part[1]["fields"] != EMBED]
        if viewer(request).is_superuser:
            shown.append(("Owner", {"fields": ("account",)}))
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> Any:
        return (*EMBED, "code") if obj is not None else EMBED

    def get_form(
        self, request: HttpRequest, obj: Agent | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """A form of this request's own, which knows whose providers may be chosen."""
        form = super().get_form(request, obj, change, **kwargs)
        form.owner = obj.account if obj is not None else viewer(request)
        return form

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("ready/", view(require_POST(self.ready)), name="agents_agent_ready"),
            path(
                "ready/<slug:name>/poster.webp",
                view(require_safe(self.poster), cacheable=True),
                name="agents_agent_poster",
            ),
        ]
        return [*own, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"ready_agents": READY.values(), **(extra_context or {})}
        page: HttpResponse = super().add_view(request, form_url, context)
        return page

    def ready(self, request: HttpRequest) -> HttpResponse:
        """Make a ready agent for the viewer, and open it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            agent = services.create_ready_agent(viewer(request), request.POST.get("name", ""))
        except NoSuchReadyAgent as error:
            raise Http404 from error
        self.log_addition(request, agent, [{"added": {}}])
        return HttpResponseRedirect(reverse("admin:agents_agent_change", args=[agent.pk]))

    def poster(self, request: HttpRequest, name: str) -> HttpResponse:
        """The still picture of a ready agent; it is everybody's."""
        if name not in READY:
            raise Http404
        try:
            still = load_poster(faces.find(name))
        except AvatarError as error:
            raise Http404 from error
        return HttpResponse(
            still.data,
            content_type=still.media_type,
            headers={"Cache-Control": "private, max-age=3600"},
        )

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        who = viewer(request)
        if not change and not who.is_superuser:
            obj.account = who
        super().save_model(request, obj, form, change)

    @method_decorator(csrf_protect)
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's, but not in one transaction: the visits that end have to write meanwhile."""
        page: HttpResponse = self._delete_view(request, object_id, extra_context)
        return page

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Visits that go on, which nobody may delete, keep no agent: they are ended first."""
        shown, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(lacking) - {Session._meta.verbose_name}, protected

    def delete_model(self, request: HttpRequest, obj: Agent) -> None:
        async_to_sync(commands.delete_agent)(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        for agent in queryset:
            self.delete_model(request, agent)

    @column(
        "State",
        labels={"ready": "success", "off": "warning", "failed": "danger", "in the making": "info"},
    )
    def state(self, agent: Agent) -> str:
        if not agent.enabled:
            return "off"
        made = {Agent.Status.READY: "ready", Agent.Status.FAILED: "failed"}
        return made.get(Agent.Status(agent.status), "in the making")

    @column("Who may meet it")
    def access(self, agent: Agent) -> str:
        pages = len(agent.allowed_origins)
        where = f"{pages} site{'s' if pages > 1 else ''}" if pages else "any page"
        return f"anybody, {where}" if agent.anonymous else f"with a token, {where}"

    @column("Copy this into your page")
    def frame_snippet(self, agent: Agent) -> SafeString:
        return copyable("frame-snippet", snippets.iframe(agent))

    @column("Or with a token for each visitor")
    def token_snippet(self, agent: Agent) -> SafeString:
        return format_html(
            '<p class="console-step">1. Your back end asks for a token:</p>{}'
            '<p class="console-step">2. It writes the token into the address of the frame; '
            "no script is needed in the page:</p>{}",
            copyable("token-request", snippets.token_request(agent)),
            copyable("token-frame", snippets.token_iframe(agent)),
        )

    @column("Framing")
    def frame_warning(self, agent: Agent) -> SafeString:
        if agent.allowed_origins:
            return format_html("Only {} may show it.", ", ".join(agent.allowed_origins))
        return format_html(
            '<strong class="console-warning">{}</strong>, {}',
            "Any page can frame this agent",
            "because no origin is listed below. List your own sites before you publish it.",
        )

    @column("Try it")
    def links(self, agent: Agent) -> SafeString:
        return format_html(
            '<a href="{}">Its visits</a> · <a href="{}" target="_blank" rel="noopener">Open the '
            "embed alone</a>{}",
            f"{reverse('admin:rtc_session_changelist')}?agent={agent.pk}",
            snippets.embed_url(agent),
            _demo_link(agent),
        )


def _demo_link(agent: Agent) -> SafeString:
    address = snippets.demo_url(agent)
    if address is None:
        return SafeString("")
    link = ' · <a href="{}" target="_blank" rel="noopener">Demo page</a>'
    return format_html(link, address)


def copyable(element_id: str, text: str) -> SafeString:
    """A block of code with a button that copies it; `text` is shown as it is."""
    return format_html(
        '<div class="console-snippet"><button type="button" data-copy="{}">Copy</button>'
        '<pre id="{}" tabindex="0">{}</pre></div>',
        element_id,
        element_id,
        escape(str(text)),
    )
