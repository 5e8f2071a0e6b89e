"""The making of an agent, in the console: how far it is, what came of it, and marking a face."""

import json
import math
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET, require_http_methods

from agents import selectors, services
from agents.errors import MarksInvalid, NotMarkable
from agents.models import Agent, Generation
from console.base import OwnedPages
from files.models import File

View = Callable[..., HttpResponse]
MARKED_AT_FIRST: dict[str, Any] = {
    "eyes": [[0.38, 0.4, 0.06, 0.04], [0.62, 0.4, 0.06, 0.04]],
    "mouth": [0.4, 0.58, 0.6, 0.68],
}
STOP_POLLING = 286
"""The status that tells htmx to ask no more."""
SETTLED = "settled"
"""What happens in the page then: its other parts look at the agent anew."""


class GenerationPages(OwnedPages):
    """Pages of an agent that Parley makes; mixed into those of agents."""

    change_form_outer_before_template = "console/generation.html"

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, View] = {
            "progress": require_GET(self.progress),
            "mark": require_http_methods(["GET", "POST"])(self.mark),
        }
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"agents_agent_{name}")
            for name, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the agent's page that tells how far it is; asked for until it is settled."""
        agent = self._agent(request, pk)
        generation = self._generation(agent)
        going_on = not generation.settled
        context = {
            "agent": agent,
            "generation": generation,
            "going_on": going_on,
            "percent": round(generation.progress * 100),
            "poster": media_path(agent.poster),
            "film": media_path(agent.film),
        }
        response = TemplateResponse(request, "console/generation_progress.html", context)
        if not going_on:
            response.status_code = STOP_POLLING
            response.headers["HX-Trigger"] = SETTLED
        return response

    def mark(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let the owner mark the eyes and the mouth in the picture, and make the agent of it."""
        agent = self._agent(request, pk)
        generation = self._generation(agent)
        if generation.image is None:
            raise Http404
        marks: dict[str, Any] = generation.marks or MARKED_AT_FIRST
        if request.method == "POST":
            try:
                marks = _marks(request.POST.get("marks", ""))
                services.mark_face(generation, marks["eyes"], marks["mouth"])
            except (MarksInvalid, NotMarkable) as refusal:
                messages.error(request, _reason(refusal))
            else:
                messages.success(request, "The marks are saved. Below you see how far it is.")
                return HttpResponseRedirect(reverse("admin:agents_agent_change", args=[agent.pk]))
        return self._mark_page(request, agent, generation, marks)

    def _mark_page(
        self, request: HttpRequest, agent: Agent, generation: Generation, marks: dict[str, Any]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Mark the face of {agent.name}",
            "opts": self.opts,
            "agent": agent,
            "picture": media_path(generation.image),
            "marks": json.dumps(marks),
        }
        return TemplateResponse(request, "console/mark.html", context)

    def _agent(self, request: HttpRequest, pk: int) -> Agent:
        """The viewer's own agent; another's is not found."""
        agents = self.get_queryset(request).select_related(*selectors.MAKING, "account")
        agent: Agent | None = agents.filter(pk=pk).first()
        if agent is None or not self.has_change_permission(request, agent):
            raise Http404
        return agent

    def _generation(self, agent: Agent) -> Generation:
        generation = selectors.generation_of(agent)
        if generation is None:
            raise Http404
        return generation


def media_path(file: File | None) -> str:
    """Its address on this very host, which the console's policy allows; '' without a file."""
    return "" if file is None else f"{settings.MEDIA_URL}{file.name}"


def _marks(text: str) -> dict[str, Any]:
    """What the page's script has sent; a request without it is nobody's.

    Raises:
        MarksInvalid: with numbers that the page could not show again.
    """
    try:
        sent = json.loads(text)
        return {
            "eyes": [_four(eye) for eye in sent["eyes"]],
            "mouth": _four(sent["mouth"]),
        }
    except (ValueError, KeyError, TypeError) as error:
        raise Http404 from error


def _four(values: Any) -> tuple[float, float, float, float]:
    try:
        a, b, c, d = (float(value) for value in values)
    except OverflowError as error:
        raise MarksInvalid(services.OUTSIDE) from error
    if not all(map(math.isfinite, (a, b, c, d))):
        raise MarksInvalid(services.OUTSIDE)
    return a, b, c, d


def _reason(refusal: MarksInvalid | NotMarkable) -> str:
    if isinstance(refusal, NotMarkable):
        return "It is being made already. Wait until that is over."
    return str(refusal)
