"""Answers beside the versioned interface."""

from django.http import HttpRequest
from django.views.decorators.csrf import csrf_exempt

from api.errors import Code, ErrorResponse, Failure, render


@csrf_exempt
def unknown_route(request: HttpRequest, _rest: str | None = None) -> ErrorResponse:
    return render(Failure(Code.NOT_FOUND))
