"""An account's own providers: services that its agents may choose."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agents import provider_services as services
from agents.models import Provider
from agents.providers import STAGES
from agents.selectors import key_problem, providers_of
from console.base import OwnedPages, column
from console.provider_forms import ProviderForm
from console.requests import viewer

STAGE_WORDS = {"stt": "hears", "llm": "answers", "tts": "speaks"}
KEY_LABELS = {"stored": "success", "none": "default", "enter it again": "danger"}


class ProviderPages(OwnedPages):
    form = ProviderForm
    list_display = ("name", "base_url", "serves", "key_state", "agents")
    search_fields = ("label", "uid", "base_url")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (
            (*self.list_display, "account") if viewer(request).is_superuser else self.list_display
        )

    def get_fieldsets(self, request: HttpRequest, obj: Provider | None = None) -> list[Any]:
        operator = viewer(request).is_superuser
        where = ("label", "base_url", *(("trusted",) if operator else ()))
        key = ("api_key",) if obj is None else ("key_now", "api_key", "drop_key")
        shown: list[Any] = [
            (None, {"fields": where}),
            ("Key", {"fields": key}),
            (
                "What it does",
                {
                    "fields": (
                        "stt_model",
                        ("llm_model", "temperature"),
                        ("tts_model", "tts_voice"),
                    )
                },
            ),
        ]
        if obj is not None:
            shown.insert(0, ("State", {"fields": ("uid", "agents")}))
        if operator:
            shown.append(("Owner", {"fields": ("account",)}))
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        # Its key is its account's: it changes hands no more.
        return ("uid", "agents", "key_now", "account") if obj is not None else ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Up to as many as an account may have."""
        who = viewer(request)
        return self.may(request) and (
            who.is_superuser or providers_of(who).count() < services.MAX_PROVIDERS
        )

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        who = viewer(request)
        if change:
            # The form has written its address into it already; what is kept decides of the key.
            obj.refresh_from_db()
        elif not who.is_superuser:
            obj.account = who
        services.save_provider(obj, form.entry())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Django's page names what keeps a row from being deleted: here, the agents."""
        deleted, counts, perms, protected = super().get_deleted_objects(objs, request)
        using = [f"{each}: in use by {code}" for each in objs for code in services.users_of(each)]
        return deleted, counts, perms, [*protected, *using]

    def delete_model(self, request: HttpRequest, obj: Provider) -> None:
        services.delete_provider(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        for provider in queryset:
            services.delete_provider(provider)

    @column("Name", ordering="label")
    def name(self, provider: Provider) -> str:
        return str(provider)

    @column("What it does")
    def serves(self, provider: Provider) -> str:
        words = [STAGE_WORDS[stage] for stage in STAGES if stage in provider.options]
        return ", ".join(words) or "nothing yet"

    @column("Key", labels=KEY_LABELS)
    def key_state(self, provider: Provider) -> str:
        if key_problem(provider):
            return "enter it again"
        return "stored" if provider.key_sealed else "none"

    @column("Key now")
    def key_now(self, provider: Provider) -> str:
        if not provider.key_sealed or provider.key_set_at is None:
            return "none"
        since = f"{provider.key_hint}, since {timezone.localtime(provider.key_set_at):%d %b %Y}"
        lost = ". It can no longer be read: enter it again." if key_problem(provider) else ""
        return f"{since}{lost}"

    @column("Used by")
    def agents(self, provider: Provider) -> str:
        return ", ".join(services.users_of(provider)) or "nobody"
