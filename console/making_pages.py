"""Having an agent made, in the console."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from console.base import OwnedPages
from console.making_forms import MakeForm
from console.requests import viewer


class MakingPages(OwnedPages):
    """The page that has an agent made; mixed into those of agents."""

    list_before_template = "console/make_link.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_http_methods(["GET", "POST"])(self.make))
        return [path("make/", view, name="agents_agent_make"), *super().get_urls()]

    def make(self, request: HttpRequest) -> HttpResponse:
        """Take the viewer's wish in, and lead to the page of the agent that comes of it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._make_page(request, MakeForm())
        form = MakeForm(request.POST, request.FILES)
        agent = form.make(viewer(request)) if form.is_valid() else None
        if agent is None:
            return self._make_page(request, form)
        self.log_addition(request, agent, [{"added": {}}])
        return HttpResponseRedirect(reverse("admin:agents_agent_change", args=[agent.pk]))

    def _make_page(self, request: HttpRequest, form: MakeForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Make an agent",
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "console/make.html", context)
