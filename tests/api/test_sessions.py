"""GET /v1/me and everything under /v2: an account's visits, read, ended, exported, erased."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from urllib.parse import quote

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client
from django.utils import timezone

from rtc import services
from rtc.models import Line, Session, State, Turn
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.api.conftest import Call
from tests.factories import Tenant, make_tenant
from tests.fakes.rtc_runtime import EchoRuntime
from tests.rtc.pages import Page
from voice.runtime import Runtime
from webhooks import services as webhooks
from webhooks.models import Event

BEGAN = (timezone.now() - timedelta(minutes=10)).replace(microsecond=500_000)


def written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make_visit(tenant: Tenant, **fields: object) -> Session:
    visit = Session.objects.create(
        agent=tenant.agent,
        **{
            "room_name": f"room_{Session.objects.count()}",
            "fingerprint": "f1",
            "state": State.ENDED,
            "end_reason": "visitor",
            "started_at": BEGAN,
            "joined_at": BEGAN,
            "ended_at": BEGAN + timedelta(seconds=90),
            "context": "Two mugs",
            **fields,
        },
    )
    Line.objects.create(session=visit, at=BEGAN, role="user", text="Grüße 😀", source="text")
    Line.objects.create(
        session=visit,
        at=BEGAN,
        role="assistant",
        text="",
        source="speak",
        interrupted=True,
        unsaid="We close at six.",
    )
    Turn.objects.create(session=visit, at=BEGAN, reply_ms=700)
    return visit


def make_live(tenant: Tenant, **fields: object) -> Session:
    """A visit that goes on, as far as its row tells; no process holds it."""
    going_on = {"state": State.LIVE, "end_reason": "", "ended_at": None}
    return make_visit(tenant, **{**going_on, "heartbeat_at": timezone.now(), **fields})


def test_me(client: Client, tenant: Tenant) -> None:
    response = client.get("/v1/me", headers={"api-secret": tenant.secret})
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "data": {"user_id": tenant.account.uid, "username": "ada", "tier": "unlimited"},
    }
    assert client.get("/v1/me").json()["code"] == "MISSING_AUTH"


def test_visits_are_listed_by_window(call: Call, tenant: Tenant) -> None:
    live = make_live(tenant)
    recent = make_visit(tenant, started_at=BEGAN - timedelta(hours=1))
    long_ago = BEGAN - timedelta(days=3)
    old = make_visit(tenant, started_at=long_ago, ended_at=long_ago + timedelta(seconds=90))
    make_visit(tenant, started_at=None, state=State.ISSUED, ended_at=None)
    found = {
        window: [
            s["id"] for s in call("GET", f"runtime-sessions{query}").json()["data"]["sessions"]
        ]
        for window, query in {
            "default": "",
            "live": "?window=live",
            "recent": "?window=recent",
            "all": "?window=all",
            "two": "?window=all&limit=2",
            "conversations": "?window=all&kind=conversations",
            "self_hosted": "?window=all&kind=self_hosted",
        }.items()
    }
    everything = [live.sid, recent.sid, old.sid]
    assert found == {
        "default": [live.sid],
        "live": [live.sid],
        "recent": everything[:2],
        "all": everything,
        "two": everything[:2],
        "conversations": everything,
        "self_hosted": [],
    }


def test_a_listed_visit(call: Call, tenant: Tenant) -> None:
    visit = make_visit(tenant)
    answer = call("GET", "runtime-sessions?window=all").json()
    began, ended = written(BEGAN), written(BEGAN + timedelta(seconds=90))
    assert answer == {
        "success": True,
        "data": {
            "active_count": 0,
            "live_burn_rate_cr_per_min": 0,
            "credits_this_hour": 0,
            "sessions": [
                {
                    "id": visit.sid,
                    "session_id": visit.sid,
                    "agent_code": tenant.agent.code,
                    "agent_name": "Mira",
                    "room_name": visit.room_name,
                    "kind": "conversations",
                    "fingerprint": "f1",
                    "started": began,
                    "last_seen": ended,
                    "ended": ended,
                    "minutes": 1.5,
                    "status": "ended",
                    "end_reason": "visitor",
                    "has_transcript": True,
                }
            ],
        },
    }


@pytest.mark.parametrize("query", ["window=soon", "kind=x", "limit=0", "limit=201", "limit=x"])
def test_what_cannot_be_listed(call: Call, query: str) -> None:
    response = call("GET", f"runtime-sessions?{query}")
    assert (response.status_code, response.json()["code"]) == (422, "VALIDATION_ERROR")
    assert response.json()["message"].startswith(query.partition("=")[0])


def test_the_messages_of_a_visit(call: Call, tenant: Tenant) -> None:
    visit = make_visit(tenant)
    began, ended = written(BEGAN), written(BEGAN + timedelta(seconds=90))
    assert call("GET", f"runtime-sessions/{visit.sid}/messages").json() == {
        "success": True,
        "data": {
            "session_id": visit.sid,
            "agent_code": tenant.agent.code,
            "started": began,
            "ended": ended,
            "live": False,
            "messages": [
                {
                    "timestamp": began,
                    "role": "user",
                    "message": "Grüße 😀",
                    "source": "text",
                    "interrupted": False,
                    "dropped": False,
                    "unsaid": "",
                    "sources": [],
                },
                {
                    "timestamp": began,
                    "role": "assistant",
                    "message": "",
                    "source": "speak",
                    "interrupted": True,
                    "dropped": True,
                    "unsaid": "We close at six.",
                    "sources": [],
                },
            ],
        },
    }


@pytest.mark.parametrize("going_on", [False, True])
def test_a_visit_is_erased_with_all_that_is_kept(
    call: Call, tenant: Tenant, going_on: bool
) -> None:
    webhooks.register(account=tenant.account, url="https://shop.example/hook")
    visit = make_live(tenant) if going_on else make_visit(tenant)
    kept = make_visit(tenant, fingerprint="f2")
    services.record_line(visit.sid, {"at": BEGAN, "role": "user", "text": "Private"})
    assert Event.objects.count() == 1
    response = call("DELETE", f"runtime-sessions/{visit.sid}")
    assert response.json() == {"success": True, "data": {"erased_sessions": 1}}
    assert list(Session.objects.all()) == [kept]
    assert set(Line.objects.values_list("session__sid", flat=True)) == {kept.sid}
    assert not Event.objects.exists()
    assert call("GET", f"runtime-sessions/{visit.sid}").status_code == 404


@pytest.mark.parametrize("fingerprint", ["f1", "a b/c?d&e=f#é 漢字"])
def test_a_visitor_is_exported_and_erased(call: Call, tenant: Tenant, fingerprint: str) -> None:
    mine = [make_visit(tenant, fingerprint=fingerprint) for _ in range(3)]
    other = make_visit(tenant, fingerprint="somebody else")
    query = f"visitors?fingerprint={quote(fingerprint, safe='')}"
    data = call("GET", f"{query}&limit=2").json()["data"]
    assert data["fingerprint"] == fingerprint
    assert [each["session_id"] for each in data["sessions"]] == [v.sid for v in mine[:2]]
    assert data["pagination"] == {"limit": 2, "offset": 0, "total": 3, "has_more": True}
    assert call("DELETE", query).json()["data"] == {"erased_sessions": 3}
    assert list(Session.objects.all()) == [other]
    assert call("GET", query).status_code == call("DELETE", query).status_code == 404


def test_a_visitor_needs_a_fingerprint(call: Call, tenant: Tenant) -> None:
    make_visit(tenant, fingerprint="")
    assert call("DELETE", "visitors").json()["code"] == "MISSING_PARAM"
    assert call("DELETE", "visitors?fingerprint=").status_code == 422
    assert call("DELETE", "visitors?fingerprint=%00").status_code == 404
    assert Session.objects.count() == 1


def test_terminating_what_is_over_changes_nothing(call: Call, tenant: Tenant) -> None:
    visit = make_visit(tenant)
    response = call("POST", f"runtime-sessions/{visit.sid}/terminate", {"reason": "Too late"})
    assert response.json() == {
        "success": True,
        "data": {
            "session_id": visit.sid,
            "closed": False,
            "ended": True,
            "self_hosted": False,
            "note": "The visit was over already.",
        },
    }
    visit.refresh_from_db()
    assert (visit.end_reason, visit.end_note) == ("visitor", "")


def test_terminating_what_nobody_has_opened(call: Call, tenant: Tenant) -> None:
    issued = {"state": State.ISSUED, "end_reason": "", "started_at": None, "ended_at": None}
    visit = make_visit(tenant, **issued)
    data = call("POST", f"runtime-sessions/{visit.sid}/terminate").json()["data"]
    assert (data["closed"], data["note"]) == (
        True,
        "Nobody had opened the visit; its token opens it no more.",
    )
    visit.refresh_from_db()
    assert (visit.state, visit.end_reason) == (State.ENDED, "operator")


@pytest.mark.parametrize("body", [{"reason": "x" * 201}, {"reason": 5}, {"reason": "a\0"}, []])
def test_a_reason_that_cannot_be_shown(call: Call, tenant: Tenant, body: object) -> None:
    visit = make_live(tenant)
    response = call("POST", f"runtime-sessions/{visit.sid}/terminate", body)
    assert (response.status_code, response.json()["code"]) == (422, "VALIDATION_ERROR")
    visit.refresh_from_db()
    assert visit.state == State.LIVE


def test_everything_is_revoked(call: Call, tenant: Tenant, client: Client) -> None:
    bob = make_tenant("bob")
    live, spared = make_live(tenant), make_live(bob)
    for each in (tenant, bob):
        services.mint_visit(
            account=each.account,
            agent=each.agent,
            fingerprint="f",
            model="essence",
            ttl_s=3600,
            context="",
        )
    assert call("POST", "runtime/revoke-all").json() == {
        "success": True,
        "data": {
            "closed": 1,
            "revoked_tokens": 1,
            "note": "Live visits have ended, and no token minted before now opens another.",
        },
    }
    live.refresh_from_db()
    spared.refresh_from_db()
    assert (live.state, live.end_reason, spared.state) == (State.ENDED, "operator", State.LIVE)
    valid = Session.objects.filter(token_expires_at__gt=timezone.now())
    assert [session.agent for session in valid] == [bob.agent]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "runtime-sessions"),
        ("GET", "runtime-sessions/{sid}"),
        ("DELETE", "runtime-sessions/{sid}"),
        ("GET", "runtime-sessions/{sid}/messages"),
        ("POST", "runtime-sessions/{sid}/terminate"),
        ("POST", "runtime/revoke-all"),
        ("GET", "visitors?fingerprint=f1"),
        ("DELETE", "visitors?fingerprint=f1"),
    ],
)
@pytest.mark.parametrize("address", ["the owner's", "one's own"])
def test_another_s_visits_are_as_unknown_as_none(
    call: Call, client: Client, tenant: Tenant, method: str, path: str, address: str
) -> None:
    bob = make_tenant("bob")
    visit = make_live(tenant)
    path = path.format(sid=visit.sid)
    if address == "the owner's":
        response = call(method, path, as_=bob)
    else:
        target = f"/v2/{bob.account.uid}/{path}"
        response = client.generic(method, target, headers={"api-secret": bob.secret})
    if address == "one's own" and path in {"runtime-sessions", "runtime/revoke-all"}:
        assert visit.sid not in response.content.decode()
    else:
        assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")
    visit.refresh_from_db()
    assert visit.state == State.LIVE


@pytest.mark.django_db(transaction=True)
async def test_a_terminated_visitor_reads_why(tmp_path: Path) -> None:
    tenant = await sync_to_async(make_tenant)()
    registry = Registry(
        RtcSettings(data_dir=tmp_path, admit_by_load=False), cast(Runtime, EchoRuntime())
    )
    await registry.start()
    page = await Page(registry, tenant.agent.code).hello()
    sid = (await page.until("welcome"))["sid"]
    response = await AsyncClient().post(
        f"/v2/{tenant.account.uid}/runtime-sessions/{sid}/terminate",
        {"reason": "We close now. <b>Bye</b>"},
        content_type="application/json",
        headers={"api-secret": tenant.secret},
    )
    data = response.json()["data"]
    assert data == {
        "session_id": sid,
        "closed": True,
        "ended": True,
        "self_hosted": False,
        "note": "The visit has ended; its visitor was told so.",
    }
    over = await page.until("state", state="ended")
    assert (over["reason"], over["message"]) == ("operator", "We close now. <b>Bye</b>")
    await asyncio.sleep(0)
    await page.leave()
    await registry.aclose()


def test_v2_describes_itself(client: Client, tenant: Tenant) -> None:
    paths = client.get("/v2/openapi.json").json()["paths"]
    assert "/v2/{uid}/runtime-sessions/{sid}/messages" in paths
    assert client.get("/v2/docs").status_code == 200
