"""How the console looks and what its sidebar offers (django-unfold's settings)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _demo(request: HttpRequest) -> bool:
    return bool(settings.PARLEY_DEMO)


def _stylesheet(request: HttpRequest) -> str:
    return static("console/console.css")


def _favicon(request: HttpRequest) -> str:
    return static("console/favicon.svg")


def _item(title: str, icon: str, link: Any, **more: Any) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": link, **more}


BLUE = {
    "50": "#f0f7ff",
    "100": "#dfeeff",
    "200": "#bcdcff",
    "300": "#8cc4fd",
    "400": "#54a5f6",
    "500": "#2887e4",
    "600": "#0b66c3",
    "700": "#0c55a0",
    "800": "#104883",
    "900": "#133d6c",
    "950": "#0c2747",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Parley",
    "SITE_HEADER": "Parley",
    "SITE_SUBHEADER": "Console",
    "SITE_SYMBOL": "forum",
    "SITE_URL": None,
    "SHOW_BACK_BUTTON": True,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _favicon}],
    "STYLES": [_stylesheet],
    "COLORS": {"primary": BLUE},
    "SIDEBAR": {
        "navigation": [
            {
                "items": [
                    _item("Overview", "space_dashboard", reverse_lazy("admin:index")),
                    _item("Visits", "forum", reverse_lazy("admin:rtc_session_changelist")),
                    _item("Agents", "face", reverse_lazy("admin:agents_agent_changelist")),
                    _item("Providers", "hub", reverse_lazy("admin:agents_provider_changelist")),
                    _item("Files", "folder", reverse_lazy("admin:files_file_changelist")),
                    _item(
                        "Knowledge",
                        "menu_book",
                        reverse_lazy("admin:knowledge_knowledgebase_changelist"),
                    ),
                    _item(
                        "Documents",
                        "description",
                        reverse_lazy("admin:knowledge_document_changelist"),
                    ),
                    _item(
                        "Webhooks", "webhook", reverse_lazy("admin:webhooks_endpoint_changelist")
                    ),
                    _item(
                        "Deliveries",
                        "outbox",
                        reverse_lazy("admin:webhooks_delivery_changelist"),
                    ),
                    _item("API secrets", "key", reverse_lazy("admin:tokens_apisecret_changelist")),
                    _item(
                        "Accounts",
                        "group",
                        reverse_lazy("admin:tokens_account_changelist"),
                        permission=_superuser,
                    ),
                ]
            },
            {
                "title": "Elsewhere",
                "separator": True,
                "items": [
                    _item("Demo page", "play_circle", reverse_lazy("embed:demo"), permission=_demo),
                    _item("API reference", "api", reverse_lazy("v1:openapi-view")),
                ],
            },
        ]
    },
}
