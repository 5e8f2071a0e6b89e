"""An account's own providers as its back end meets them."""

from unittest.mock import ANY

import pytest
from django.test import Client
from pytest_django import Settings

from agents.models import Agent, Provider
from tests.api.conftest import Call
from tests.factories import Tenant, make_tenant
from tokens.sealing import unseal

KEY = "sk-abcdefghijklmnopqrstuvwxyz"
ENTRY = {
    "platform": "openai",
    "label": "Our models",
    "credentials": {"apiKey": KEY, "baseUrl": "https://models.shop.example/v1/"},
    "options": {
        "llm": {"model": "large", "temperature": 0.3},
        "tts": {"model": "speaks", "voice": "nova"},
    },
    "metadata": {"team": "shop"},
}
KEY_FIELD, URL_FIELD = "entries.0.credentials.apiKey", "entries.0.credentials.baseUrl"
BARE = {"credentials": {"baseUrl": "https://models.shop.example/v1"}}


def put(call: Call, *entries: object) -> list[dict[str, object]]:
    """Replace the providers; returns them as they are answered."""
    answer = call("PUT", "providers", {"entries": entries})
    assert answer.status_code == 200, answer.content
    found: list[dict[str, object]] = answer.json()["entries"]
    return found


def chooses(agent: Agent, provider_id: object, *stages: str) -> None:
    choice = {"mode": "custom", "provider_id": provider_id}
    agent.providers = dict.fromkeys(stages, choice)
    agent.full_clean()
    agent.save()


def test_there_are_none_at_first(call: Call) -> None:
    answer = call("GET", "providers")
    assert answer.json() == {"success": True, "entries": [], "data": {"entries": []}}
    assert answer["Cache-Control"] == "no-store"


def test_one_is_made_and_its_key_shown_no_more(call: Call, tenant: Tenant) -> None:
    answer = call("PUT", "providers", {"entries": [ENTRY]})
    entry = {
        "id": ANY,
        "platform": "openai",
        "label": "Our models",
        "credentials": {
            "apiKey": {"present": True, "hint": "…wxyz", "updated_at": ANY, "readable": True},
            "baseUrl": "https://models.shop.example/v1",
        },
        "options": {
            "llm": {"model": "large", "temperature": 0.3},
            "tts": {"model": "speaks", "voice": "nova"},
        },
        "metadata": {"team": "shop"},
        "trusted": False,
        "problem": "",
        "used_by": [],
        "created_at": ANY,
        "updated_at": ANY,
    }
    assert answer.json() == {"success": True, "entries": [entry], "data": {"entries": [entry]}}
    assert answer.json()["entries"][0]["id"].startswith("prv_")
    assert call("GET", "providers").json() == answer.json()
    assert KEY not in answer.content.decode()
    row = Provider.objects.get(account=tenant.account)
    assert KEY not in str(vars(row))
    assert unseal(row.key_sealed) == KEY


def test_nothing_but_a_key_is_openai_s_own(call: Call) -> None:
    [entry] = put(call, {"credentials": {"apiKey": "short"}, "metadata": None, "label": None})
    assert entry["credentials"] == {
        "apiKey": {"present": True, "hint": "…", "updated_at": ANY, "readable": True},
        "baseUrl": "https://api.openai.com/v1",
    }


def test_a_known_id_keeps_its_key(call: Call) -> None:
    [entry] = put(call, ENTRY)
    changed = {**BARE, "id": entry["id"], "label": "Renamed"}
    [kept] = put(call, changed)
    assert (kept["id"], kept["label"], kept["options"]) == (entry["id"], "Renamed", {})
    assert kept["credentials"]["apiKey"]["present"] is True  # type: ignore[index] # JSON
    assert unseal(Provider.objects.get().key_sealed) == KEY


def test_what_was_answered_can_be_put_back(call: Call) -> None:
    entries = put(call, ENTRY, BARE)
    assert put(call, *entries) == [{**entry, "updated_at": ANY} for entry in entries]
    assert unseal(Provider.objects.first().key_sealed) == KEY  # type: ignore[union-attr] # there is one


def test_a_key_is_replaced_and_cleared(call: Call) -> None:
    [entry] = put(call, ENTRY)
    known = {**ENTRY, "id": entry["id"]}
    put(call, {**known, "credentials": {**BARE["credentials"], "apiKey": "sk-another-key-of-ours"}})
    assert unseal(Provider.objects.get().key_sealed) == "sk-another-key-of-ours"
    [cleared] = put(call, {**known, **BARE, "clearSecrets": ["apiKey"]})
    none = {"present": False, "hint": "", "updated_at": None, "readable": True}
    assert cleared["credentials"]["apiKey"] == none  # type: ignore[index] # JSON
    assert Provider.objects.get().key_sealed == ""


def test_a_stored_key_goes_to_no_other_server(call: Call) -> None:
    [entry] = put(call, ENTRY)
    elsewhere = {"id": entry["id"], "credentials": {"baseUrl": "https://evil.example/v1"}}
    refused = call("PUT", "providers", {"entries": [elsewhere]})
    assert refused.status_code == 422
    assert refused.json()["details"] == {"field": "entries.0.credentials.apiKey"}
    assert Provider.objects.get().base_url == "https://models.shop.example/v1"


def test_the_list_is_replaced(call: Call) -> None:
    first, second = put(call, {**BARE, "label": "one"}, {**BARE, "label": "two"})
    left = put(call, {**BARE, "id": second["id"], "label": "two"}, {**BARE, "label": "three"})
    assert [each["label"] for each in left] == ["two", "three"]
    assert not Provider.objects.filter(uid=first["id"]).exists()
    assert put(call) == []


def test_one_in_use_is_not_deleted(call: Call, tenant: Tenant) -> None:
    [entry] = put(call, ENTRY)
    chooses(tenant.agent, entry["id"], "llm")
    [shown] = call("GET", "providers").json()["entries"]
    assert shown["used_by"] == [tenant.agent.code]
    silent = {**ENTRY, "id": entry["id"], "options": {"tts": {"model": "x"}}}
    for entries in ([], [silent]):
        refused = call("PUT", "providers", {"entries": entries})
        assert refused.status_code == 409
        assert refused.json() == {
            "error": {"code": "PROVIDER_IN_USE", "message": ANY, "httpStatus": 409},
            "status": "error",
            "status_code": 409,
            "success": False,
            "code": "PROVIDER_IN_USE",
            "message": f"Our models ({entry['id']}) is in use by {tenant.agent.code}: choose "
            "another provider for it first",
            "details": {"provider_id": entry["id"], "agents": [tenant.agent.code]},
        }
    assert call("GET", "providers").json()["entries"] == [shown]


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"platform": "oracle"}, "entries.0.platform"),
        ({"label": "x" * 101}, "entries.0.label"),
        ({"label": 7}, "entries.0.label"),
        ({"label": "a\0b"}, "entries.0.label"),
        ({"id": "prv_nobody"}, "entries.0.id"),
        ({"credentials": 7}, "entries.0.credentials"),
        ({"credentials": {"apiKey": ["x"]}}, KEY_FIELD),
        ({"credentials": {"apiKey": "two words"}}, KEY_FIELD),
        ({"credentials": {"apiKey": "a\r\nHost: evil"}}, KEY_FIELD),
        ({"credentials": {"baseUrl": "http://models.example/v1"}}, URL_FIELD),
        ({"credentials": {"baseUrl": "https://127.0.0.1/v1"}}, URL_FIELD),
        ({"credentials": {"baseUrl": "https://[::1]/v1"}}, URL_FIELD),
        ({"credentials": {"baseUrl": "https://169.254.169.254/"}}, URL_FIELD),
        (
            {"credentials": {"baseUrl": "https://a:b@models.example"}},
            URL_FIELD,
        ),
        (
            {"credentials": {"baseUrl": "https://models.example/?k=1"}},
            URL_FIELD,
        ),
        ({"credentials": {"baseUrl": "https://[oops/v1"}}, URL_FIELD),
        ({"credentials": {"baseUrl": "file:///etc/passwd"}}, URL_FIELD),
        ({"options": []}, "entries.0.options"),
        ({"options": {"vision": {}}}, "entries.0.options"),
        ({"options": {"llm": 7}}, "entries.0.options"),
        ({"options": {"llm": {"model": "m", "base_url": "x"}}}, "entries.0.options"),
        ({"options": {"llm": {"temperature": 1}}}, "entries.0.options.llm.model"),
        ({"clearSecrets": ["password"]}, "entries.0.clearSecrets"),
        ({"clearSecrets": "apiKey"}, "entries.0.clearSecrets"),
        ({"metadata": {"a": "x" * 5000}}, "entries.0.metadata"),
        ({"metadata": {"a": "\0"}}, "entries.0.metadata"),
        ({"metadata": 7}, "entries.0.metadata"),
        (7, "entries.0"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call: Call, db: None, entry: object, field: str) -> None:
    refused = call("PUT", "providers", {"entries": [entry]})
    assert refused.status_code == 422, refused.content
    assert refused.json()["code"] == "VALIDATION_ERROR"
    assert refused.json()["details"] == {"field": field}
    assert not Provider.objects.exists()


def test_entries_are_asked_for(call: Call) -> None:
    refused = call("PUT", "providers", {})
    assert (refused.status_code, refused.json()["code"]) == (400, "MISSING_PARAM")


def test_an_id_comes_once(call: Call) -> None:
    [entry] = put(call, BARE)
    twice = {**BARE, "id": entry["id"]}
    refused = call("PUT", "providers", {"entries": [twice, twice]})
    assert (refused.status_code, refused.json()["details"]) == (422, {"field": "entries.1.id"})


def test_another_s_provider_is_no_known_one(call: Call, tenant: Tenant) -> None:
    put(call, ENTRY)
    row = Provider.objects.get()
    stranger = make_tenant("bob")
    refused = Client().put(
        f"/v2/{stranger.account.uid}/providers",
        {"entries": [{**BARE, "id": row.uid}]},
        content_type="application/json",
        headers={"api-secret": stranger.secret},
    )
    assert refused.status_code == 422
    assert refused.json()["details"] == {"field": "entries.0.id"}
    row.refresh_from_db()
    assert (row.account, row.label) == (tenant.account, "Our models")


def test_a_key_of_lost_keys_has_to_be_given_again(call: Call, settings: Settings) -> None:
    [entry] = put(call, ENTRY)
    settings.PARLEY_STORAGE_KEYS = ["n" * 40]
    [shown] = call("GET", "providers").json()["entries"]
    assert shown["credentials"]["apiKey"]["readable"] is False
    assert shown["problem"] == "its key can no longer be read: enter it again"
    [again] = put(call, {**ENTRY, "id": entry["id"]})
    assert again["problem"] == ""
    assert unseal(Provider.objects.get().key_sealed) == KEY


def test_loopback_is_for_development(call: Call, settings: Settings) -> None:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True
    [entry] = put(call, {"credentials": {"baseUrl": "http://127.0.0.1:11434/v1"}})
    assert entry["credentials"]["baseUrl"] == "http://127.0.0.1:11434/v1"  # type: ignore[index] # JSON


def test_trust_is_the_operator_s_and_ends_with_the_address(call: Call) -> None:
    [entry] = put(call, {**BARE, "label": "ours"})
    Provider.objects.update(trusted=True, base_url="http://localhost:8000/v1")
    here = {"id": entry["id"], "credentials": {"baseUrl": "http://localhost:8000/v1"}}
    assert put(call, {**here, "label": "renamed"})[0]["trusted"] is True
    refused = call(
        "PUT",
        "providers",
        {"entries": [{**here, "credentials": {"baseUrl": "http://localhost:9000/v1"}}]},
    )
    assert refused.status_code == 422
    assert put(call, {**BARE, "id": entry["id"], "trusted": True})[0]["trusted"] is False
