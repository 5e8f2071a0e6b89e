"""API secrets: made, shown once, revoked; never edited."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from console.base import OwnedPages, column
from console.requests import viewer
from tokens import services
from tokens.models import ApiSecret


class ApiSecretPages(OwnedPages):
    list_display = ("name", "start", "state", "created_at", "last_used_at")
    search_fields = ("name", "prefix")
    actions = ("revoke",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (
            (*self.list_display, "account") if viewer(request).is_superuser else self.list_display
        )

    def get_fields(self, request: HttpRequest, obj: ApiSecret | None = None) -> tuple[str, ...]:
        owner = ("account",) if viewer(request).is_superuser else ()
        if obj is None:
            return ("name", *owner)
        return ("name", *owner, "start", "state", "created_at", "last_used_at", "revoked_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what is revoked can go: while it opens anything, its row stays to be seen."""
        return self.may(request, obj) and (obj is None or obj.revoked_at is not None)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        page: HttpResponse = super().add_view(
            request, form_url, {"title": "New API secret", **buttons, **(extra_context or {})}
        )
        return page

    def save_model(self, request: HttpRequest, obj: ApiSecret, form: Any, change: bool) -> None:
        who = viewer(request)
        owner = obj.account if who.is_superuser else who
        row, plain = services.create_secret(account=owner, name=obj.name)
        obj.pk = row.pk
        obj.refresh_from_db()
        obj.plain = plain

    def response_add(
        self, request: HttpRequest, obj: ApiSecret, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The one page that shows it, in the answer itself: it passes no message or session."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Your new API secret",
            "opts": self.opts,
            "secret": obj,
        }
        return TemplateResponse(request, "console/secret_created.html", context)

    @admin.action(description="Revoke: refuse it from now on", permissions=["view"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiSecret]) -> None:
        for secret in chosen:
            services.revoke_secret(secret)
        messages.success(request, f"Revoked: {', '.join(secret.name for secret in chosen)}.")

    @column("Begins with")
    def start(self, secret: ApiSecret) -> str:
        return f"{secret.prefix}…"

    @column("State", labels={"in use": "success", "revoked": "danger"})
    def state(self, secret: ApiSecret) -> str:
        return "in use" if secret.revoked_at is None else "revoked"
