"""The account's own providers: services that its agents may choose to hear, answer and speak."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Router

from agents import provider_services as services
from agents import selectors
from agents.errors import ProviderInUse, ProviderInvalid
from api.auth import AuthorizedRequest
from api.errors import Code, ErrorResponse, Failure, render
from api.provider_schemas import ProvidersAnswer, ProvidersData, ProvidersRequest, provider_data
from api.schemas import ErrorAnswer
from api.sessions import Uid, owner
from tokens.models import Account

router = Router(tags=["Providers"])


def add_refusals(api: NinjaAPI) -> None:
    api.add_exception_handler(ProviderInvalid, invalid)
    api.add_exception_handler(ProviderInUse, in_use)


def invalid(request: HttpRequest, error: Any) -> ErrorResponse:
    failure = Failure(Code.VALIDATION_ERROR, str(error), details={"field": error.field})
    return render(failure)


def in_use(request: HttpRequest, error: Any) -> ErrorResponse:
    details = {"provider_id": error.provider_id, "agents": error.agents}
    return render(Failure(Code.PROVIDER_IN_USE, str(error), details=details))


def answers(*refusals: int) -> dict[Any, Any]:
    """The declared answers of a route."""
    return {200: ProvidersAnswer} | dict.fromkeys((401, 404, 429, 500, *refusals), ErrorAnswer)


@router.get("", response=answers(), summary="List providers")
def list_providers(request: AuthorizedRequest, uid: Uid, response: HttpResponse) -> ProvidersAnswer:
    """The account's own providers; of their keys no more than the end is shown."""
    return shown(owner(request, uid), response)


@router.put("", response=answers(400, 409, 413, 422), summary="Replace providers")
def replace_providers(
    request: AuthorizedRequest, uid: Uid, payload: ProvidersRequest, response: HttpResponse
) -> ProvidersAnswer:
    """Make `entries` the account's providers: those with an id are changed, the rest are new.

    What is not among them is deleted, but where an agent has chosen it: then nothing changes, and
    the answer is 409. A stored key stays where none is given.
    """
    account = owner(request, uid)
    services.replace_providers(account, [each.entry() for each in payload.entries])
    return shown(account, response)


def shown(account: Account, response: HttpResponse) -> ProvidersAnswer:
    """All of the account's providers, for no cache to keep."""
    response["Cache-Control"] = "no-store"
    used_by: dict[str, list[str]] = {}
    for code, choice in services.uses(account):
        codes = used_by.setdefault(choice.provider_id, [])
        if code not in codes:
            codes.append(code)
    entries = [provider_data(each, used_by) for each in selectors.providers_of(account)]
    return ProvidersAnswer(entries=entries, data=ProvidersData(entries=entries))
