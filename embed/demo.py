"""A made-up shop that embeds an agent, as a site of somebody else would."""

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from agents.selectors import embeddable, first_open

OTHER_LOOPBACK = {"localhost": "127.0.0.1", "127.0.0.1": "localhost", "[::1]": "localhost"}


@require_safe
def shop(request: HttpRequest) -> HttpResponseBase:
    """The demo page, with the agent `?agent=` names, else the oldest one that can be met.

    It is for who tries Parley out: a public server has no such page, and nowhere does it show
    agents that admit nobody without a token.
    """
    if not settings.PARLEY_DEMO:
        raise Http404
    code = request.GET.get("agent", "")
    agent = embeddable(code) if code else first_open()
    if agent is not None and not agent.anonymous:
        agent = None
    origin = frame_origin(request)
    context = {
        "agent": agent,
        "frame_url": origin + reverse("embed:page", args=[agent.code]) if agent else "",
        "frame_origin": origin,
        "page_origin": f"{request.scheme}://{request.get_host()}",
    }
    policy = {
        "default-src": [NONE],
        "style-src": [SELF],
        "img-src": [SELF],
        "frame-src": [origin],
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [NONE],
    }
    response = render(request, "embed/demo.html", context)
    response["Permissions-Policy"] = f'microphone=(self "{origin}")'
    return csp(policy)(lambda _: response)(request)


def frame_origin(request: HttpRequest) -> str:
    """Where the frame comes from: the other loopback name, which is another site to a browser.

    Away from this machine it is the public address, for there is no second one.
    """
    domain, port = split_domain_port(request.get_host())
    other = OTHER_LOOPBACK.get(domain)
    if other is None:
        return str(settings.PARLEY_PUBLIC_URL)
    return f"{request.scheme}://{other}:{port}" if port else f"{request.scheme}://{other}"
