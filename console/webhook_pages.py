"""Webhooks: registered, tested, their secrets changed, and what failed delivered again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from console.base import OwnedPages, column
from console.requests import viewer
from console.webhook_forms import WebhookForm
from tokens.errors import RateLimited
from webhooks import custom_headers, selectors, services, trial
from webhooks.models import Endpoint

STATE_LABELS = {
    "working": "success",
    "failing": "warning",
    "off": "default",
    "switched off": "danger",
}
Act = Callable[[HttpRequest, Endpoint], HttpResponse]


class WebhookPages(OwnedPages):
    form = WebhookForm
    list_display = ("url", "description", "wanted", "state", "last")
    search_fields = ("url", "description", "uid")
    change_form_outer_before_template = "console/webhook_tools.html"

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (
            (*self.list_display, "account") if viewer(request).is_superuser else self.list_display
        )

    def get_fieldsets(self, request: HttpRequest, obj: Endpoint | None = None) -> list[Any]:
        shown: list[Any] = [
            (None, {"fields": ("url", "description", *(("active",) if obj else ()))}),
            ("What it gets", {"fields": ("events",)}),
            ("Custom headers", {"fields": ("headers",)}),
            ("Signature", {"fields": ("signature",), "classes": ("collapse",)}),
        ]
        if obj is not None:
            shown[2][1]["fields"] = ("header_names", "headers", "drop_headers")
            shown.insert(1, ("State", {"fields": ("uid", "health")}))
        if viewer(request).is_superuser:
            shown.append(("Owner", {"fields": ("account",)}))
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> Any:
        # Its log holds what visitors of its account have said: it changes hands no more.
        return ("uid", "health", "header_names", "account") if obj is not None else ()

    def get_urls(self) -> list[URLPattern]:
        acts: dict[str, Act] = {
            "test": self.test,
            "rotate": self.rotate,
            "redeliver": self.catch_up,
        }
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(require_POST(self._acting(act))),
                name=f"webhooks_endpoint_{name}",
            )
            for name, act in acts.items()
        ]
        return [*own, *super().get_urls()]

    def _acting(self, act: Act) -> Callable[..., HttpResponse]:
        """A view that does `act` to the viewer's own endpoint; another's is not found."""

        def view(request: HttpRequest, pk: int) -> HttpResponse:
            endpoint = self.get_queryset(request).filter(pk=pk).first()
            if endpoint is None or not self.has_change_permission(request, endpoint):
                raise Http404
            return act(request, endpoint)

        return view

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        fields = form.wanted()
        if change:
            if "active" in form.changed_data:
                fields["active"] = form.cleaned_data["active"]
            services.change(obj, fields)
            return
        who = viewer(request)
        owner = obj.account if who.is_superuser else who
        row, secret = services.register(account=owner, **fields)
        obj.pk = row.pk
        obj.refresh_from_db()
        request.fresh_secret = secret  # type: ignore[attr-defined] # to response_add, no further

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Up to as many as an account may have."""
        who = viewer(request)
        return self.may(request) and (
            who.is_superuser or selectors.endpoints(who).count() < services.MAX_ENDPOINTS
        )

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._secret_page(request, obj, request.fresh_secret)  # type: ignore[attr-defined] # as above

    def _secret_page(self, request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
        """The one page that shows it, in the answer itself: it passes no message or session."""
        context = {
            **self.admin_site.each_context(request),
            "title": "The webhook's secret",
            "opts": self.opts,
            "endpoint": endpoint,
            "secret": secret,
            "previous_until": endpoint.previous_until,
        }
        response = TemplateResponse(request, "console/webhook_secret.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def test(self, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
        """Send a ping, or with `samples` one of each event that it wants."""
        events = endpoint.events if "samples" in request.POST else ["ping"]
        for event in events:
            try:
                row = trial.send_sample(endpoint, event)
            except RateLimited as error:
                wait = f"Other tests are under way. Try again in {error.retry_after_s} s."
                messages.error(request, wait)
                break
            last = selectors.attempts(row).last()
            ms = f" after {last.ms} ms" if last else ""
            if row.delivered:
                messages.success(request, f"{event}: answered {row.status_code}{ms}.")
            else:
                what = last.error if last and last.error else f"answered {row.status_code}"
                messages.error(request, f"{event}: {what}{ms}.")
            if row.status_code is None:
                break
        return self._back(endpoint)

    def rotate(self, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
        secret = services.rotate_secret(
            endpoint, services.OVERLAP if "overlap" in request.POST else timedelta(0)
        )
        return self._secret_page(request, endpoint, secret)

    def catch_up(self, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
        """Queue again what failed in the hours that the form names."""
        try:
            hours = min(max(int(request.POST.get("hours", "24")), 1), 24 * 365)
        except ValueError as error:
            raise Http404 from error
        queued = services.redeliver_failed(endpoint, timezone.now() - timedelta(hours=hours))
        messages.success(request, f"{queued} will be delivered again.")
        return self._back(endpoint)

    def _back(self, endpoint: Endpoint) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:webhooks_endpoint_change", args=[endpoint.pk]))

    @column("Events")
    def wanted(self, endpoint: Endpoint) -> str:
        return ", ".join(endpoint.events)

    @column("State", labels=STATE_LABELS)
    def state(self, endpoint: Endpoint) -> str:
        if endpoint.switched_off_at is not None:
            return "switched off"
        if not endpoint.active:
            return "off"
        return "failing" if endpoint.failing_since else "working"

    @column("State")
    def health(self, endpoint: Endpoint) -> str:
        since = f"{endpoint.failing_since:%d %b, %H:%M}" if endpoint.failing_since else ""
        if endpoint.switched_off_at is not None:
            return (
                f"Switched off by Parley: it has failed since {since}. Mend it, switch it on, and "
                "deliver again what has failed."
            )
        if not endpoint.active:
            return "Off. Nothing is sent."
        if endpoint.failing_since:
            return f"Failing since {since}, {endpoint.failed_in_a_row} deliveries in a row."
        return "Working."

    @column("Last delivery")
    def last(self, endpoint: Endpoint) -> str:
        row = selectors.deliveries(endpoint).first()
        return f"{row.state}, {timezone.localtime(row.updated_at):%d %b, %H:%M}" if row else "–"

    @column("Custom headers now")
    def header_names(self, endpoint: Endpoint) -> str:
        return ", ".join(custom_headers.names(endpoint.headers_sealed)) or "none"
