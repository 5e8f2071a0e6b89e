"""An agent's gestures in the console: what brings them about, and their films."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from agents import selectors, tasks
from agents.errors import DynamicsProcessing
from agents.models import Agent, Dynamics
from avatar.previews import REEL
from console.generation_pages import GenerationPages, media_path
from console.gesture_forms import GesturesForm, shown
from console.making_forms import NO_MINUTES
from tokens import limits
from tokens.errors import BalanceSpent

SAVED = "Saved. Visits that go on keep what they began with."
PART_ALONE = "hx-request"
"""The header of requests whose answer takes a part's place in the page."""


class GesturePages(GenerationPages):
    """Parts of an agent's page that work without JavaScript too, as pages of their own."""

    change_form_outer_after_template = "console/gestures.html"

    def get_urls(self) -> list[URLPattern]:
        pages = {"gestures": self.gestures, "films": self.films}
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(require_http_methods(["GET", "POST"])(view)),
                name=f"agents_agent_{name}",
            )
            for name, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        agent = context.get("original")
        if isinstance(agent, Agent):
            context = {**context, **_told(agent)}
        return super().render_change_form(request, context, *args, **kwargs)

    def gestures(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show and change when the agent makes which gesture."""
        agent = self._agent(request, pk)
        note, form = "", _form(agent)
        if request.method == "POST":
            form = _form(_finished(agent), request.POST)
            if form.is_valid() and form.save(agent):
                note, form = SAVED, _form(agent)
        context = {**_told(agent), "gestures_form": form, "note": note}
        return self._part(request, agent, "console/gestures.html", context)

    def films(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the films of its gestures, or how far they are; a POST has them made."""
        agent = _finished(self._agent(request, pk))
        problem = _film(agent) if request.method == "POST" else ""
        if request.method == "POST" and PART_ALONE not in request.headers:
            if problem:
                messages.error(request, problem)
            return HttpResponseRedirect(reverse("admin:agents_agent_change", args=[agent.pk]))
        context = {**_told(agent), "films_problem": problem}
        page = self._part(request, agent, "console/films.html", context)
        if not context["dynamics"].being_made:
            # What asks how far they are takes but its own line, so that old films play on.
            for name in ("HX-Retarget", "HX-Reselect"):
                page.headers[name] = "#films"
        return page

    def _part(
        self, request: HttpRequest, agent: Agent, part: str, context: dict[str, Any]
    ) -> HttpResponse:
        context = {**context, "original": agent}
        if PART_ALONE in request.headers:
            return TemplateResponse(request, part, context)
        site = self.admin_site.each_context(request)
        title = {"title": f"Gestures of {agent.name}", "opts": self.opts}
        return TemplateResponse(
            request, "console/part.html", {**site, **title, **context, "part": part}
        )


def _finished(agent: Agent) -> Agent:
    """The agent, whose page offers neither form before it is made."""
    if agent.status != Agent.Status.READY:
        raise Http404
    return agent


def _told(agent: Agent) -> dict[str, Any]:
    row = _dynamics(agent)
    films = {name: media_path(film) for name, film in selectors.films_of(row).items()}
    return {
        "dynamics": row,
        "gestures_form": _form(agent),
        "percent_filmed": round(row.progress * 100),
        "reel": films.pop(REEL, ""),
        "films": films,
    }


def _dynamics(agent: Agent) -> Dynamics:
    return selectors.dynamics_of(agent) or Dynamics(agent=agent)


def _form(agent: Agent, posted: Any = None) -> GesturesForm:
    # Its ids lie in a page beside those of the agent's own form.
    return GesturesForm(posted, initial=shown(_dynamics(agent)), auto_id="gestures_%s")


def _film(agent: Agent) -> str:
    """Have its gestures filmed; why that cannot be, else ""."""
    try:
        limits.check_balance(agent.account)
        tasks.start_filming(agent, _dynamics(agent).seconds)
    except BalanceSpent:
        return NO_MINUTES
    except DynamicsProcessing:
        return "They are being filmed already."
    return ""
