"""The embed page and its picture."""

from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from agents.models import Agent
from agents.own_faces import face_of
from agents.selectors import embeddable
from avatar import AvatarError
from embed.headers import Directives, embed_policy, seal, unavailable_policy
from embed.languages import spoken_languages
from embed.posters import poster

MODULES = [
    "embed/call.js",
    "embed/captions.js",
    "embed/cards.js",
    "embed/composer.js",
    "embed/config.js",
    "embed/dom.js",
    "embed/errors.js",
    "embed/machine.js",
    "embed/media.js",
    "embed/microphone.js",
    "embed/notices.js",
    "embed/params.js",
    "embed/remarks.js",
    "embed/signalling.js",
    "embed/store.js",
    "embed/strings.js",
    "embed/transcript.js",
    "embed/view.js",
    "embed/visit.js",
    "embed/wakelock.js",
    "embed/wire.js",
]
"""What main.js imports, directly or not: fetched at once instead of one after the other."""
POSTER_CACHE = "public, max-age=300, stale-while-revalidate=86400"


@require_safe
@xframe_options_exempt
def page(request: HttpRequest, code: str) -> HttpResponseBase:
    """The page in the frame; one and the same answer for every agent that cannot be met."""
    agent = embeddable(code)
    if agent is None:
        return _unavailable(request)
    response = render(request, "embed/page.html", _context(agent))
    return _sent(request, response, embed_policy(request, agent.allowed_origins))


@require_safe
@xframe_options_exempt
def picture(request: HttpRequest, code: str) -> HttpResponseBase:
    """The agent's still picture, shown until its face moves."""
    agent = embeddable(code)
    if agent is None:
        return _unavailable(request)
    try:
        still = poster(face_of(agent))
    except (AvatarError, OSError):
        return _unavailable(request)
    response = HttpResponse(still.data, content_type=still.media_type)
    response["ETag"] = still.etag
    response["Cache-Control"] = POSTER_CACHE
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer = get_conditional_response(request, etag=still.etag, response=response)
    if answer is None:
        return response
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _context(agent: Agent) -> dict[str, object]:
    return {
        "agent": agent,
        "modules": MODULES,
        "languages": " ".join(spoken_languages(agent)),
        "poster_url": reverse("embed:poster", args=[agent.code]),
        "socket_path": f"/ws/embed/{agent.code}",
    }


def _unavailable(request: HttpRequest) -> HttpResponseBase:
    response = render(request, "embed/unavailable.html", status=404)
    return _sent(request, response, unavailable_policy(request))


def _sent(request: HttpRequest, response: HttpResponse, policy: Directives) -> HttpResponseBase:
    return csp(policy)(lambda _: seal(response))(request)
