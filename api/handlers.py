"""Which failure each exception is."""

from collections.abc import Callable
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from agents.errors import (
    AgentDisabled,
    AgentFailed,
    AgentInvalid,
    AgentNotFound,
    AgentProcessing,
    AgentsError,
    DynamicsInvalid,
    DynamicsNotFound,
    DynamicsProcessing,
)
from api import buckets
from api.dynamics import GENERATE, ONE
from api.errors import Code, ErrorResponse, Failure, failure_of_status, render
from api.speak import ADD_CONTEXT, SPEAK
from rtc.errors import NoActiveRooms, NotAcknowledged, RoomsFull, Undelivered
from rtc.receipts import KeyBusy, KeyReused
from tokens.errors import AccountSuspended, BalanceSpent, RateLimited, SecretMissing, SecretRefused
from voice.errors import NotSpeakable, SpeechBusy, SynthesisError, VoiceError, VoiceUnknown

VALIDATE = "validate"
"""Name of the route whose refusals also say `valid: false`."""


STRICT = frozenset({SPEAK, ADD_CONTEXT})
"""Names of the routes that answer every missing secret as a wrong one, every bad body by 422."""
AGENT_FIELDS = {"code": "agent_id", "prompt": "system_prompt"}
"""Columns of agents that have another name on the wire."""
LENIENT = frozenset({GENERATE, ONE})
"""Names of the routes whose wrong fields are 400, as missing ones are."""
ANSWER_AGAIN_S = 2
SPEECH_IS_DONE_S = 3
QUEUE_MOVES_S = 5


def add_handlers(api: NinjaAPI) -> None:
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        AuthenticationError: secret_missing,
        SecretRefused: secret_refused,
        ValidationError: invalid,
        HttpError: http_error,
        RequestDataTooBig: too_big,
        AgentsError: agent_unusable,
        Undelivered: undelivered,
        KeyReused: key_reused,
        KeyBusy: key_busy,
        RateLimited: rate_limited,
        BalanceSpent: balance_spent,
        VoiceError: unspoken,
        Exception: unexpected,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def secret_missing(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return secret_refused(request, SecretMissing())


def secret_refused(request: HttpRequest, error: SecretRefused) -> HttpResponse:
    try:
        if not isinstance(error, AccountSuspended):
            buckets.count_failure(request)
    except RateLimited as limited:
        return rate_limited(request, limited)
    match error:
        case SecretMissing() if _route(request) not in STRICT:
            failure = Failure(Code.MISSING_AUTH)
        case AccountSuspended():
            failure = Failure(Code.ACCOUNT_SUSPENDED)
        case _:
            failure = Failure(Code.UNAUTHORIZED)
    if _route(request) != VALIDATE:
        return render(failure)
    if settings.PARLEY_VALIDATE_ANSWERS_200:
        return JsonResponse({"valid": False})
    return render(failure, valid=False)


def invalid(request: HttpRequest, error: ValidationError) -> ErrorResponse:
    """400 for what is absent, which goes first, and 422 for what is there and wrong."""
    absent = [each for each in error.errors if each["type"] == "missing"]
    if absent and _route(request) in STRICT:
        field = field_of(absent[0])
        message = f"{field} is required" if field else "Send a JSON object as body"
        return render(Failure(Code.VALIDATION_ERROR, message, details={"field": field}))
    if absent:
        field = field_of(absent[0])
        message = f"Missing required field: {field}" if field else "Send a JSON object as body"
        return render(Failure(Code.MISSING_PARAM, message, details={"field": field}))
    field, message = field_of(error.errors[0]), sentence(error.errors[0])
    return render(
        Failure(
            Code.VALIDATION_ERROR,
            message,
            status=400 if _route(request) in LENIENT else 0,
            details={"field": field},
        )
    )


def field_of(error: dict[str, Any]) -> str:
    """The field's name, without the places before it: body and the view's parameter."""
    place, *parts = error["loc"]
    return ".".join(str(part) for part in (parts[1:] if place == "body" else parts))


def sentence(error: dict[str, Any]) -> str:
    field = field_of(error)
    if error["type"] == "value_error":
        reason = str(error["ctx"]["error"])
        return reason if reason[0].isupper() else f"{field} {reason}"
    if not field:
        return "The body must be a JSON object"
    return f"{field}: {error['msg']}"


def http_error(request: HttpRequest, error: HttpError) -> ErrorResponse:
    if error.status_code == 400:
        status = 422 if _route(request) in STRICT else 400
        return render(Failure(Code.VALIDATION_ERROR, "The body is not valid JSON", status=status))
    return render(failure_of_status(error.status_code))


def too_big(request: HttpRequest, error: RequestDataTooBig) -> ErrorResponse:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return render(Failure(Code.FILE_TOO_LARGE, f"The body is larger than {limit} bytes"))


def agent_unusable(request: HttpRequest, error: AgentsError) -> ErrorResponse:
    match error:
        case AgentNotFound():
            failure = Failure(Code.AGENT_NOT_FOUND, f"Agent not found for code: {error.code}")
        case AgentDisabled():
            failure = Failure(
                Code.AGENT_NOT_FOUND,
                f"Agent not found for code: {error.code} (switched off: enable it in the console)",
            )
        case AgentProcessing():
            failure = Failure(Code.AGENT_PROCESSING)
        case AgentFailed():
            failure = Failure(Code.AGENT_FAILED)
        case AgentInvalid():
            field = AGENT_FIELDS.get(error.field, error.field)
            message = f"{field}: {error.reason}"
            failure = Failure(Code.VALIDATION_ERROR, message, details={"field": field})
        case DynamicsNotFound():
            failure = Failure(Code.DYNAMICS_NOT_FOUND)
        case DynamicsProcessing():
            failure = Failure(Code.DYNAMICS_PROCESSING)
        case DynamicsInvalid():
            message = f"{error.field}: {error.reason}"
            details = {"field": error.field}
            failure = Failure(Code.VALIDATION_ERROR, message, status=400, details=details)
        case _:
            raise error
    return render(failure)


def undelivered(request: HttpRequest, error: Undelivered) -> ErrorResponse:
    match error:
        case NoActiveRooms():
            message = f"No active rooms for agent {error.agent_code}"
            failure = Failure(Code.NO_ACTIVE_ROOMS, message)
        case RoomsFull():
            message = "Too many lines are waiting to be said"
            failure = Failure(Code.RATE_LIMITED, message, retry_after_s=QUEUE_MOVES_S)
        case NotAcknowledged():
            message = (
                "No room acknowledged in time, and it may have been done all the same; sent again "
                "with the Idempotency-Key that it had, it is done once"
            )
            failure = Failure(Code.NO_AVAILABLE_WORKERS, message, retry_after_s=ANSWER_AGAIN_S)
        case _:
            raise error
    return render(failure)


def key_reused(request: HttpRequest, error: KeyReused) -> ErrorResponse:
    message = "This Idempotency-Key came before, with another body"
    return render(Failure(Code.VALIDATION_ERROR, message))


def key_busy(request: HttpRequest, error: KeyBusy) -> ErrorResponse:
    message = "The first request with this Idempotency-Key is still being served"
    failure = Failure(Code.VALIDATION_ERROR, message, status=409, retry_after_s=ANSWER_AGAIN_S)
    return render(failure)


def rate_limited(request: HttpRequest, error: RateLimited) -> ErrorResponse:
    buckets.remember(request, error)
    after_s = error.retry_after_s
    details = {"retry_after": after_s}
    return render(Failure(Code.RATE_LIMITED, details=details, retry_after_s=after_s))


def balance_spent(request: HttpRequest, error: BalanceSpent) -> ErrorResponse:
    return render(Failure(Code.INSUFFICIENT_BALANCE))


def unspoken(request: HttpRequest, error: VoiceError) -> ErrorResponse:
    match error:
        case VoiceUnknown():
            failure = Failure(Code.VOICE_NOT_FOUND, f"{error}")
        case NotSpeakable():
            failure = Failure(Code.VALIDATION_ERROR, f"{error}")
        case SpeechBusy():
            message = "Too many texts are being spoken just now"
            failure = Failure(Code.NO_AVAILABLE_WORKERS, message, retry_after_s=SPEECH_IS_DONE_S)
        case SynthesisError():
            message = f"The voice does not work just now: {error}"
            failure = Failure(Code.NO_AVAILABLE_WORKERS, message, retry_after_s=SPEECH_IS_DONE_S)
        case _:
            raise error
    return render(failure)


def unexpected(request: HttpRequest, error: Exception) -> NoReturn:
    """Hand it to Django, which logs it; the middleware renders what comes of it."""
    raise error


def _route(request: HttpRequest) -> str | None:
    return request.resolver_match.url_name if request.resolver_match is not None else None
