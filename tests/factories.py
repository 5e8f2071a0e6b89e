"""Rows that tests start from."""

from dataclasses import dataclass
from typing import Any

from agents.models import Agent
from tokens import services
from tokens.models import Account, Tier


@dataclass(frozen=True, slots=True)
class Tenant:
    account: Account
    secret: str
    agent: Agent


def make_account(username: str = "ada", **fields: Any) -> Account:
    """A staff account without superuser rights; its password is its name."""
    fields = {"is_staff": True, "tier": Tier.UNLIMITED, **fields}
    return Account.objects.create_user(username=username, password=username, **fields)


def make_agent(account: Account, **fields: Any) -> Agent:
    return Agent.objects.create(account=account, **{"name": "Mira", **fields})


def make_tenant(username: str = "ada", **agent_fields: Any) -> Tenant:
    account = make_account(username)
    _, secret = services.create_secret(account=account)
    return Tenant(account, secret, make_agent(account, **agent_fields))
