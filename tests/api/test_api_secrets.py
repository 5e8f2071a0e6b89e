"""An account's API secrets over the interface that they open."""

from unittest.mock import ANY

import pytest
from django.test import Client

from tests.api.conftest import Call
from tests.factories import Tenant
from tokens.models import ApiSecret


def opens(secret: str) -> bool:
    return Client().get("/v1/me", headers={"api-secret": secret}).status_code == 200


def test_one_is_made_shown_once_and_revoked(call: Call, tenant: Tenant) -> None:
    answer = call("POST", "api-secrets", {"alias": " staging "})
    secret = answer.json()["secret"]
    listed = {
        "id": ANY,
        "alias": "staging",
        "masked": f"{secret[:11]}…",
        "created_at": ANY,
        "last_used_at": None,
    }
    assert answer.json() == {
        "success": True,
        "alias": "staging",
        "secret": secret,
        "data": {**listed, "secret": secret},
    }
    assert answer["Cache-Control"] == "no-store"
    everything = call("GET", "api-secrets")
    assert everything.json()["success"] is True
    assert [each["alias"] for each in everything.json()["data"]] == ["staging", "default"]
    assert everything.json()["data"][0] == listed
    assert secret not in everything.content.decode()
    assert opens(secret)
    address = f"api-secrets/{answer.json()['data']['id']}"
    assert call("DELETE", address).json() == {"success": True, "deleted": True}
    assert not opens(secret)
    assert opens(tenant.secret)
    assert call("DELETE", address).status_code == 404
    assert [each["alias"] for each in call("GET", "api-secrets").json()["data"]] == ["default"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"alias": ""}, 422),
        ({"alias": " "}, 422),
        ({"alias": 7}, 422),
        ({"alias": "x" * 101}, 422),
        ({"alias": "a\0"}, 422),
    ],
)
def test_an_alias_says_what_it_is_for(
    call: Call, tenant: Tenant, body: dict[str, object], status: int
) -> None:
    refused = call("POST", "api-secrets", body)
    assert refused.status_code == status
    assert refused.json()["details"] == {"field": "alias"}
    assert ApiSecret.objects.count() == 1


@pytest.mark.parametrize("unknown", ["x", "0", "9" * 18, "9" * 40, "-1", "²"])
def test_what_is_no_id_is_nobody_s(call: Call, tenant: Tenant, unknown: str) -> None:
    assert call("DELETE", f"api-secrets/{unknown}").status_code == 404
    assert opens(tenant.secret)
