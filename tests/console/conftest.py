from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from rtc.models import Line, Session, Turn
from tests.factories import Tenant, make_tenant
from tokens.models import Account

SignIn = Callable[[Account], Client]


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant("ada", name="Ada's agent", greeting="Hello from Ada")


@pytest.fixture
def stranger(db: None) -> Tenant:
    return make_tenant("bob", name="Bob's agent")


@pytest.fixture
def superuser(db: None) -> Account:
    return Account.objects.create_superuser("root", password="root")


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(account: Account) -> Client:
        client = Client()
        client.force_login(account)
        return client

    return signed_in


def make_visit(agent: Agent, sid: str, **fields: object) -> Session:
    """An ended visit with one exchange."""
    began = timezone.now() - timedelta(minutes=3)
    visit = Session.objects.create(
        agent=agent,
        sid=sid,
        room_name=f"room_{sid}",
        **{
            "fingerprint": f"finger-{sid}",
            "state": "ended",
            "end_reason": "visitor",
            "started_at": began,
            "ended_at": began + timedelta(seconds=95),
            **fields,
        },
    )
    Line.objects.create(session=visit, at=began, role="user", text="when do you open")
    Line.objects.create(session=visit, at=began, role="assistant", text="We open at eight.")
    Turn.objects.create(session=visit, at=began, endpointing_ms=310, stt_ms=222.4, reply_ms=871)
    return visit
