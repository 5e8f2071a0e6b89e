"""The account's API secrets: listed, made, revoked."""

from datetime import datetime
from typing import Annotated, Any

from django.http import Http404, HttpResponse
from ninja import Router
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.auth import AuthorizedRequest
from api.schemas import ErrorAnswer, storable
from api.sessions import Uid, owner
from tokens import selectors, services
from tokens.models import ApiSecret

MAX_ALIAS_CHARS = 100
MAX_ID_DIGITS = 18
"""Those of every number that a key in the database can be."""

router = Router(tags=["API secrets"])


def _alias(value: object) -> str:
    if not (isinstance(value, str) and value.strip() and storable(value)):
        raise ValueError("must be a text that is not empty, such as staging")
    if len(value.strip()) > MAX_ALIAS_CHARS:
        raise ValueError(f"must have at most {MAX_ALIAS_CHARS} characters")
    return value.strip()


class SecretRequest(BaseModel):
    model_config = ConfigDict(title="ApiSecretRequest")

    alias: Annotated[str, BeforeValidator(_alias), Field(description="What it is for.")]


class SecretData(BaseModel):
    """`masked` is how the secret begins."""

    id: str
    alias: str
    masked: str
    created_at: datetime
    last_used_at: datetime | None


class NewSecretData(SecretData):
    secret: str


class NewSecretAnswer(BaseModel):
    success: bool = True
    alias: str
    secret: str
    data: NewSecretData


class SecretsAnswer(BaseModel):
    success: bool = True
    data: list[SecretData]


class DeletedAnswer(BaseModel):
    success: bool = True
    deleted: bool = True


def answers(answer: Any, *refusals: int) -> dict[Any, Any]:
    """The declared answers of a route."""
    return {200: answer} | dict.fromkeys((401, 404, 429, 500, *refusals), ErrorAnswer)


@router.get("", response=answers(SecretsAnswer), summary="List API secrets")
def list_secrets(request: AuthorizedRequest, uid: Uid) -> dict[str, Any]:
    """Those in use, the newest first; no more than how they begin."""
    found = selectors.secrets_in_use(owner(request, uid))
    return {"data": [secret_data(row) for row in found]}


@router.post("", response=answers(NewSecretAnswer, 400, 413, 422), summary="Make an API secret")
def make_secret(
    request: AuthorizedRequest, uid: Uid, payload: SecretRequest, response: HttpResponse
) -> dict[str, Any]:
    """Make one. The answer has the secret, which is shown this once."""
    row, plain = services.create_secret(account=owner(request, uid), name=payload.alias)
    response["Cache-Control"] = "no-store"
    data = {**secret_data(row), "secret": plain}
    return {"alias": row.name, "secret": plain, "data": data}


@router.delete("/{secret_id}", response=answers(DeletedAnswer), summary="Revoke an API secret")
def revoke_secret(request: AuthorizedRequest, uid: Uid, secret_id: str) -> dict[str, Any]:
    """Refuse it from now on, this call's own included."""
    account = owner(request, uid)
    found = selectors.secrets_in_use(account)
    known = secret_id.isdecimal() and secret_id.isascii() and len(secret_id) <= MAX_ID_DIGITS
    row = found.filter(pk=int(secret_id)).first() if known else None
    if row is None:
        raise Http404
    services.revoke_secret(row)
    return {"deleted": True}


def secret_data(row: ApiSecret) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "alias": row.name,
        "masked": f"{row.prefix}…",
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
    }
