"""Gives the API's envelope to errors that arise outside the API's own views."""

from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from api import buckets
from api.errors import Code, ErrorResponse, Failure, failure_of_status, render
from api.handlers import rate_limited
from tokens.errors import RateLimited

PREFIXES = ("/v1/", "/v2/")


class EnvelopeMiddleware(MiddlewareMixin):
    """Unknown routes, wrong methods, refused hosts and crashes: JSON, never a page.

    Counts each request of the API, and tells in each answer what is left.
    """

    def process_request(self, request: HttpRequest) -> ErrorResponse | None:
        if not is_of_api(request.path):
            return None
        try:
            return _refused(request)
        except Exception as error:  # noqa: BLE001 # Django logs it, and would answer it by a page
            return _enveloped(response_for_exception(request, error))

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not is_of_api(request.path):
            return response
        if response.status_code >= 400 and not isinstance(response, ErrorResponse):
            response = _enveloped(response)
        buckets.tell(request, response)
        return response


def is_of_api(path: str) -> bool:
    return f"{path}/".startswith(PREFIXES)


def _refused(request: HttpRequest) -> ErrorResponse | None:
    try:
        buckets.count_address(request)
    except RateLimited as error:
        return rate_limited(request, error)
    # No id and no name has it, and PostgreSQL takes it in no question.
    return render(Failure(Code.NOT_FOUND)) if "\0" in request.path_info else None


def _enveloped(response: HttpResponseBase) -> ErrorResponse:
    rendered = render(failure_of_status(response.status_code))
    for header, value in response.headers.items():
        if header not in {"Content-Type", "Content-Length"}:
            rendered.headers.setdefault(header, value)
    return rendered
