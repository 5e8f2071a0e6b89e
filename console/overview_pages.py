"""The top of an agent's page: itself, how it is made, and what it draws on, at one glance."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET

from agents.models import Agent
from agents.providers import STAGES, own_choices
from agents.selectors import knowledge_bases as bases_of
from agents.selectors import providers_of
from console.gesture_pages import GesturePages
from console.preview import preview_of
from knowledge import selectors as knowledge
from voice.events import Stage

STAGE_TITLES = {"stt": "Hears with", "llm": "Answers with", "tts": "Speaks with"}


@dataclass(frozen=True, slots=True)
class Link:
    """`note` stands behind it; without an address it is text alone."""

    text: str
    address: str = ""
    note: str = ""


class OverviewPages(GesturePages):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_GET(self.preview))
        return [path("<int:pk>/preview/", view, name="agents_agent_preview"), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        agent = context.get("original")
        if isinstance(agent, Agent):
            told = {
                "preview": preview_of(agent, request),
                "bases": _bases(agent),
                "providers": [(STAGE_TITLES[stage], _provider(agent, stage)) for stage in STAGES],
            }
            context = {**context, **told}
        return super().render_change_form(request, context, *args, **kwargs)

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The agent in a frame; asked for until it is made."""
        agent = self._agent(request, pk)
        context = {"original": agent, "preview": preview_of(agent, request)}
        return TemplateResponse(request, "console/preview.html", context)


def _bases(agent: Agent) -> list[Link]:
    rows = knowledge.with_builds(bases_of(agent))
    return [
        Link(
            row.name,
            reverse("admin:knowledge_knowledgebase_change", args=[row.pk]),
            knowledge.state(row),
        )
        for row in rows
    ]


def _provider(agent: Agent, stage: Stage) -> Link:
    """Who serves `stage` for the agent."""
    own = {each.stage: each.provider_id for each in own_choices(agent.providers)}
    if stage in own:
        row = providers_of(agent.account).filter(uid=own[stage]).first()
        if row is None:
            return Link("the default", note=f"{own[stage]} has been deleted")
        return Link(str(row), reverse("admin:agents_provider_change", args=[row.pk]))
    chosen = agent.providers.get(stage)
    if isinstance(chosen, dict) and "name" in chosen:
        return Link(str(chosen["name"]))
    return Link(settings.PARLEY_VOICE.default_provider(stage), note="the default")
