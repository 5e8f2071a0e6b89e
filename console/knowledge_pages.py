"""Knowledge: documents taken in, and the knowledge bases that agents look answers up in."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from console.base import OwnedPages, column
from console.knowledge_forms import DocumentForm, KnowledgeBaseForm, content_of
from console.requests import viewer
from knowledge import selectors, services
from knowledge.errors import QuotaSpent
from knowledge.models import NAME_CHARS, Document, KnowledgeBase
from tokens import limits
from tokens.errors import RateLimited

STATE_LABELS = {
    "new": "default",
    "waiting": "info",
    "working": "info",
    "ready": "success",
    "failed": "danger",
}
TOO_MANY_FILES = "These are too many documents in a short time. Try again in {seconds} seconds."
TOO_MANY_BUILDS = f"An account may ask for {services.BUILDS_A_DAY} builds a day. Try tomorrow."


class _KnowledgePages(OwnedPages):
    """What both have in common: an owner who stays, and a deletion that lists no passages."""

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        shown: tuple[str, ...] = self.list_display
        return (*shown, "account") if viewer(request).is_superuser else shown

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return [str(row) for row in objs], {}, set(), []

    def owned_by(self, request: HttpRequest, obj: Any) -> Any:
        """The owner that a new row gets."""
        return obj.account if viewer(request).is_superuser else viewer(request)


class DocumentPages(_KnowledgePages):
    form = DocumentForm
    list_display = ("name", "kind_of", "state_label", "length", "error", "updated_at")
    search_fields = ("name", "url", "uid")

    def get_fieldsets(self, request: HttpRequest, obj: Document | None = None) -> list[Any]:
        if obj is None:
            shown: list[Any] = [
                (None, {"fields": ("file", "name")}),
                ("Or an address", {"fields": ("url", "sync_freq")}),
            ]
        else:
            page = ("url", "sync_freq", "fetched_at") if obj.url else ()
            shown = [
                (None, {"fields": ("name", "uid", *page)}),
                ("State", {"fields": ("state_label", "error", "kind_of", "length", "used_in")}),
            ]
        if viewer(request).is_superuser:
            shown.append(("Owner", {"fields": ("account",)}))
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Document | None = None) -> Any:
        if obj is None:
            return ()
        told = ("state_label", "error", "kind_of", "length", "used_in")
        return ("account", "uid", "url", "fetched_at", *told)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Up to as many as an account may have."""
        may = self.may(request)
        return may and selectors.documents(viewer(request)).count() < services.MAX_DOCUMENTS

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form; all that was sent is refused where one of it is too much."""
        try:
            page: HttpResponse = super().add_view(request, form_url, extra_context)
            return page
        except QuotaSpent as error:
            told = f"{error}."
        except RateLimited as error:
            told = TOO_MANY_FILES.format(seconds=error.retry_after_s)
        self.message_user(request, told, messages.ERROR)
        return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: Document, form: Any, change: bool) -> None:
        fields = form.cleaned_data
        if change:
            sync_freq = fields.get("sync_freq", obj.sync_freq)
            services.change_document(obj, name=fields["name"], sync_freq=sync_freq)
            return
        owner, name = self.owned_by(request, obj), fields["name"]
        for _ in form.uploads or [fields["url"]]:
            limits.count_upload(owner)
        rows = [
            services.add_file(
                owner,
                name=name or file.name[-NAME_CHARS:],
                file_name=file.name,
                content=content_of(file),
            )
            for file in form.uploads
        ] or [services.add_url(owner, name=name, url=fields["url"], sync_freq=fields["sync_freq"])]
        obj.pk = rows[0].pk
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: Document, post_url_continue: str | None = None
    ) -> HttpResponse:
        """To the list, where there are more of them than the one that Django knows of."""
        count = len(request.FILES.getlist("file"))
        if count > 1:
            self.message_user(request, f"{count} documents were added.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:knowledge_document_changelist"))
        page: HttpResponse = super().response_add(request, obj, post_url_continue)
        return page

    @column("State", ordering="state", labels=STATE_LABELS)
    def state_label(self, document: Document) -> str:
        return document.state

    @column("Kind", ordering="kind")
    def kind_of(self, document: Document) -> str:
        return document.kind.upper() or "–"

    @column("Length")
    def length(self, document: Document) -> str:
        pages = f"{document.pages} pages, " if document.pages else ""
        return f"{pages}{document.words:,} words" if document.words else "–"

    @column("Used in")
    def used_in(self, document: Document) -> str:
        return ", ".join(document.bases.values_list("name", flat=True)) or "no knowledge base yet"


class KnowledgeBasePages(_KnowledgePages):
    form = KnowledgeBaseForm
    list_display = ("name", "state_label", "told", "passages", "updated_at")
    search_fields = ("name", "description", "uid")
    actions = ("build_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[KnowledgeBase]:
        return selectors.with_builds(super().get_queryset(request))

    def get_fieldsets(self, request: HttpRequest, obj: KnowledgeBase | None = None) -> list[Any]:
        shown: list[Any] = [(None, {"fields": ("name", "description", "documents")})]
        if obj is not None:
            told = ("uid", "state_label", "told", "passages", "used_by")
            shown.append(("State", {"fields": told}))
        if viewer(request).is_superuser:
            shown.append(("Owner", {"fields": ("account",)}))
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: KnowledgeBase | None = None) -> Any:
        if obj is None:
            return ()
        return ("account", "uid", "state_label", "told", "passages", "used_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Up to as many as an account may have."""
        may = self.may(request)
        return may and selectors.bases(viewer(request)).count() < services.MAX_BASES

    def save_model(self, request: HttpRequest, obj: KnowledgeBase, form: Any, change: bool) -> None:
        if not change:
            obj.account = self.owned_by(request, obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Build it once it has its documents."""
        super().save_related(request, form, formsets, change)
        if not change or "documents" in form.changed_data:
            self._rebuild(request, [form.instance])

    @admin.action(description="Build again")
    def build_again(self, request: HttpRequest, queryset: QuerySet[KnowledgeBase]) -> None:
        """Fetch pages again, and make the passages anew."""
        self._rebuild(request, list(queryset))

    def _rebuild(self, request: HttpRequest, bases: list[KnowledgeBase]) -> None:
        try:
            for base in bases:
                services.rebuild(base)
        except RateLimited:
            self.message_user(request, TOO_MANY_BUILDS, messages.WARNING)

    @column("State", labels=STATE_LABELS)
    def state_label(self, base: KnowledgeBase) -> str:
        return selectors.state(base)

    @column("Told")
    def told(self, base: KnowledgeBase) -> str:
        build = selectors.latest_build(base)
        return (build.error if build is not None else "") or "–"

    @column("Passages")
    def passages(self, base: KnowledgeBase) -> int:
        count: int = vars(base)["passage_count"]
        return count

    @column("Looked up by")
    def used_by(self, base: KnowledgeBase) -> str:
        agents = base.agents.values_list("name", flat=True)
        return ", ".join(agents) or "no agent yet: choose it on an agent's page"
