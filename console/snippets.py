"""What an owner copies out of the console to put an agent into a page."""

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html

from agents.models import Agent


def embed_url(agent: Agent) -> str:
    return f"{settings.PARLEY_PUBLIC_URL}/embed/{agent.code}"


def demo_url(agent: Agent) -> str | None:
    """The demo page with `agent` in it; None where it is not shown there."""
    if not (settings.PARLEY_DEMO and agent.anonymous):
        return None
    return f"{reverse('embed:demo')}?agent={agent.code}"


def iframe(agent: Agent) -> str:
    """The HTML of a frame; the agent's name in it is escaped, as it will be parsed."""
    return str(
        format_html(
            '<iframe src="{}"\n'
            '        title="Talk to {}"\n'
            '        allow="microphone; autoplay; fullscreen"\n'
            '        referrerpolicy="strict-origin-when-cross-origin"\n'
            '        style="width: 400px; height: 700px; border: 0"></iframe>',
            embed_url(agent),
            agent.name,
        )
    )


def token_request(agent: Agent) -> str:
    """The call by which a back end asks for one visitor's token."""
    return (
        f"curl {settings.PARLEY_PUBLIC_URL}/v1/embed-tokens/request \\\n"
        '  -H "api-secret: $PARLEY_SECRET" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f'  -d \'{{"agent_id": "{agent.code}", "fingerprint": "visitor-42"}}\''
    )


def token_iframe(agent: Agent) -> str:
    """The same frame with the place of the token; no script is needed in the page."""
    url = embed_url(agent)
    return iframe(agent).replace(f'"{url}"', f'"{url}#token=THE_TOKEN"', 1)
