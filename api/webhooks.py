"""Webhooks: registering, testing, the delivery log, delivering again."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Body, NinjaAPI, Query, Router

from api.auth import AuthorizedRequest
from api.errors import Code, ErrorResponse, Failure, render
from api.schemas import ErrorAnswer
from api.webhook_schemas import (
    DeletedAnswer,
    DeliveriesAnswer,
    DeliveryAnswer,
    NewWebhookAnswer,
    QueuedAnswer,
    RedeliveryRequest,
    RotationRequest,
    TestAnswer,
    TestRequest,
    WebhookAnswer,
    WebhookChange,
    WebhookRequest,
    WebhooksAnswer,
    attempt,
    delivery,
    webhook,
)
from webhooks import selectors, services, trial
from webhooks.errors import WebhookInvalid, WebhookNotFound, WebhooksError
from webhooks.models import Endpoint

MOST = 100

router = Router(tags=["Webhooks"])


def add_refusals(api: NinjaAPI) -> None:
    api.add_exception_handler(WebhooksError, refused)


def refused(request: HttpRequest, error: Any) -> ErrorResponse:
    match error:
        case WebhookNotFound():
            return render(Failure(Code.NOT_FOUND))
        case WebhookInvalid():
            details = {"field": error.field}
            return render(Failure(Code.VALIDATION_ERROR, str(error), details=details))
        case _:
            raise error  # Django logs it, and the middleware renders what comes of it


def answers(answer: Any) -> dict[Any, Any]:
    """The declared answers of a route."""
    return {200: answer} | dict.fromkeys((400, 401, 404, 413, 422, 429, 500), ErrorAnswer)


@router.post("", response=answers(NewWebhookAnswer), summary="Register a webhook")
def register(
    request: AuthorizedRequest, payload: WebhookRequest, response: HttpResponse
) -> dict[str, Any]:
    """Register an address. The answer has its secret, which is shown this once."""
    endpoint, secret = services.register(
        account=request.auth, **payload.model_dump(exclude_none=True)
    )
    return once(response, endpoint, secret)


@router.get("", response=answers(WebhooksAnswer), summary="List webhooks")
def list_webhooks(request: AuthorizedRequest) -> dict[str, Any]:
    return {"data": [webhook(each) for each in selectors.endpoints(request.auth)]}


@router.get("/{webhook_id}", response=answers(WebhookAnswer), summary="Show a webhook")
def show(request: AuthorizedRequest, webhook_id: str) -> dict[str, Any]:
    return {"data": webhook(selectors.endpoint(request.auth, webhook_id))}


@router.patch("/{webhook_id}", response=answers(WebhookAnswer), summary="Change a webhook")
def change(request: AuthorizedRequest, webhook_id: str, payload: WebhookChange) -> dict[str, Any]:
    """Change some of its fields; `active: true` also forgets that it has failed."""
    endpoint = selectors.endpoint(request.auth, webhook_id)
    services.change(endpoint, payload.model_dump(exclude_none=True))
    return {"data": webhook(endpoint)}


@router.delete("/{webhook_id}", response=answers(DeletedAnswer), summary="Delete a webhook")
def delete(request: AuthorizedRequest, webhook_id: str) -> dict[str, Any]:
    """Delete it with its log; what still waits for it is sent no more."""
    services.delete(selectors.endpoint(request.auth, webhook_id))
    return {"deleted": True}


@router.post(
    "/{webhook_id}/rotate-secret", response=answers(NewWebhookAnswer), summary="Change the secret"
)
def rotate(
    request: AuthorizedRequest,
    webhook_id: str,
    response: HttpResponse,
    payload: Annotated[RotationRequest | None, Body()] = None,
) -> dict[str, Any]:
    """Make a new secret, shown this once; the old one signs too until the overlap is over."""
    endpoint = selectors.endpoint(request.auth, webhook_id)
    overlap = (payload or RotationRequest()).overlap
    return once(response, endpoint, services.rotate_secret(endpoint, overlap))


@router.post("/{webhook_id}/test", response=answers(TestAnswer), summary="Send a sample event")
def send_sample(
    request: AuthorizedRequest,
    webhook_id: str,
    payload: Annotated[TestRequest | None, Body()] = None,
) -> dict[str, Any]:
    """Send a sample at once, one try: a `ping`, or the event that the body names."""
    endpoint = selectors.endpoint(request.auth, webhook_id)
    row = trial.send_sample(endpoint, (payload or TestRequest()).event)
    last = selectors.attempts(row).last()
    return {
        "data": {
            "delivered": row.delivered,
            "status_code": row.status_code,
            "attempts": row.attempt_count,
            "delivery_id": row.uid,
            "error": last.error if last else "",
        }
    }


@router.get(
    "/{webhook_id}/deliveries", response=answers(DeliveriesAnswer), summary="List deliveries"
)
def list_deliveries(
    request: AuthorizedRequest,
    webhook_id: str,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> dict[str, Any]:
    """The delivery log, the newest first."""
    rows = selectors.deliveries(selectors.endpoint(request.auth, webhook_id))
    total = rows.count()
    return {
        "data": [delivery(row) for row in rows[offset : offset + limit]],
        "pagination": {
            "limit": limit,
            "offset": offset,
            "total": total,
            "has_more": offset + limit < total,
        },
    }


@router.get(
    "/{webhook_id}/deliveries/{delivery_id}",
    response=answers(DeliveryAnswer),
    summary="Show a delivery",
)
def show_delivery(request: AuthorizedRequest, webhook_id: str, delivery_id: str) -> dict[str, Any]:
    """One delivery with its body and every attempt."""
    row = selectors.delivery(selectors.endpoint(request.auth, webhook_id), delivery_id)
    log = [attempt(each) for each in selectors.attempts(row)]
    return {"data": {**delivery(row), "body": row.event.body, "log": log}}


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/redeliver",
    response=answers(QueuedAnswer),
    summary="Deliver again",
)
def redeliver(request: AuthorizedRequest, webhook_id: str, delivery_id: str) -> dict[str, Any]:
    """Queue one delivery again, delivered or failed; one that still waits is left as it is."""
    row = selectors.delivery(selectors.endpoint(request.auth, webhook_id), delivery_id)
    return {"data": {"queued": int(services.redeliver(row))}}


@router.post(
    "/{webhook_id}/redeliver", response=answers(QueuedAnswer), summary="Deliver failures again"
)
def redeliver_failed(
    request: AuthorizedRequest, webhook_id: str, payload: RedeliveryRequest
) -> dict[str, Any]:
    """Queue everything again that has failed for good since a moment, in its order."""
    endpoint = selectors.endpoint(request.auth, webhook_id)
    return {"data": {"queued": services.redeliver_failed(endpoint, payload.since)}}


def once(response: HttpResponse, endpoint: Endpoint, secret: str) -> dict[str, Any]:
    """An answer with a secret, for no cache to keep."""
    response["Cache-Control"] = "no-store"
    return {"data": {**webhook(endpoint), "secret": secret}}
