"""The console's site: its words, its start page and its content security policy."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from csp.decorators import csp
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from unfold.sites import UnfoldAdminSite

from console.dashboard import dashboard
from console.login import LoginForm
from console.requests import viewer

View = Callable[..., HttpResponseBase]

POLICY = {
    "default-src": ["'self'"],
    # The console's widgets are written for Alpine, which compiles expressions.
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc] # unfold has no types
    """Every page of it, the login included, is served under `POLICY`."""

    index_template = "console/index.html"
    index_title = "Overview"
    enable_nav_sidebar = True
    login_form = LoginForm

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inner = super().admin_view(view, cacheable)
        return update_wrapper(csp(POLICY)(inner), view)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        serve = super().login
        return csp(POLICY)(lambda asked: serve(asked, extra_context))(request)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        context = {**dashboard(viewer(request)), **(extra_context or {})}
        page: TemplateResponse = super().index(request, context)
        return page
