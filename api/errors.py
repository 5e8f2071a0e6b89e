"""The error answer of every address under /v1 and /v2: one envelope, one renderer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from django.http import JsonResponse

from api.request_id import request_id_var


class Code(Enum):
    """Each error code with its HTTP status and its message."""

    UNAUTHORIZED = 401, "Invalid API secret"
    MISSING_AUTH = 401, "Missing api-secret header"
    ACCOUNT_SUSPENDED = 401, "Account suspended"
    INSUFFICIENT_BALANCE = 402, "Insufficient credits"
    AGENT_NOT_FOUND = 404, "Agent not found"
    NO_ACTIVE_ROOMS = 404, "No active rooms for agent"
    AGENT_PROCESSING = 409, "Agent is still generating"
    PROVIDER_IN_USE = 409, "An agent has chosen this provider"
    AGENT_FAILED = 400, "Agent generation failed"
    VALIDATION_ERROR = 422, "The request is not valid"
    MISSING_PARAM = 400, "Missing required field"
    FORBIDDEN = 403, "Forbidden"
    METHOD_NOT_ALLOWED = 405, "Method not allowed"
    FILE_TOO_LARGE = 413, "File exceeds size limit"
    UNSUPPORTED_TYPE = 415, "Unsupported file type"
    DOWNLOAD_FAILED = 400, "Could not download URL"
    DYNAMICS_NOT_FOUND = 404, "No dynamics for agent"
    DYNAMICS_PROCESSING = 409, "Dynamics still generating"
    RATE_LIMITED = 429, "Rate limit exceeded"
    SESSION_LIMIT = 429, "Concurrent session limit reached"
    NO_AVAILABLE_WORKERS = 503, "All workers busy"
    INTERNAL_ERROR = 500, "Internal server error"
    VOICE_NOT_FOUND = 404, "Voice not found"
    NOT_FOUND = 404, "Not found"

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message


LEGACY_CODES = {Code.AGENT_NOT_FOUND: "NOT_FOUND", Code.NO_ACTIVE_ROOMS: "NOT_FOUND"}
CODE_BY_STATUS = {
    401: Code.UNAUTHORIZED,
    402: Code.INSUFFICIENT_BALANCE,
    403: Code.FORBIDDEN,
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    409: Code.AGENT_PROCESSING,
    413: Code.FILE_TOO_LARGE,
    415: Code.UNSUPPORTED_TYPE,
    429: Code.RATE_LIMITED,
    503: Code.NO_AVAILABLE_WORKERS,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as the API tells it; empty parts are filled in from its code."""

    code: Code
    message: str = ""
    status: int = 0
    details: Mapping[str, object] = field(default_factory=dict)
    retry_after_s: int = 0


class ErrorResponse(JsonResponse):
    """A rendered failure; its class tells the middleware that nothing is left to do."""

    # Django's mark: a crash is logged where it happens, and the access log has the refusals.
    _has_been_logged = True


def envelope(failure: Failure) -> dict[str, Any]:
    """The body: the nested form, and beside it the flat fields that older clients read."""
    code, status = failure.code, failure.status or failure.code.status
    message = failure.message or code.message
    error: dict[str, Any] = {"code": code.name, "message": message, "httpStatus": status}
    if code in LEGACY_CODES:
        error["legacy_code"] = LEGACY_CODES[code]
    return {
        "error": error,
        "status": "error",
        "status_code": status,
        "success": False,
        "code": code.name,
        "message": message,
        "details": dict(failure.details),
    }


def render(failure: Failure, **more: object) -> ErrorResponse:
    """The response to `failure`; `more` are further top-level fields."""
    if failure.code is Code.INTERNAL_ERROR:
        failure = replace(failure, details={"request_id": request_id_var.get()})
    body = envelope(failure)
    response = ErrorResponse({**body, **more}, status=body["status_code"])
    response["Cache-Control"] = "no-store"
    # Django adds it further in than some refusals are made.
    response["Content-Length"] = str(len(response.content))
    if failure.retry_after_s:
        response["Retry-After"] = str(failure.retry_after_s)
    return response


def failure_of_status(status: int) -> Failure:
    """What to say where only an HTTP status is known."""
    other = Code.INTERNAL_ERROR if status >= 500 else Code.VALIDATION_ERROR
    return Failure(CODE_BY_STATUS.get(status, other), status=status)
