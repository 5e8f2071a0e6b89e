"""Making, changing and deleting agents."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from agents import demo
from agents.errors import AgentInvalid
from agents.models import Agent
from tokens.models import Account


@transaction.atomic
def create_demo_agent(account: Account) -> Agent:
    """A shop assistant that can be talked to at once, with nothing plugged in."""
    agent = Agent(
        account=account,
        name=demo.NAME,
        greeting=demo.GREETING,
        prompt=demo.PROMPT,
        knowledge=demo.KNOWLEDGE,
    )
    agent.full_clean()
    agent.save()
    return agent


def change(agent: Agent, fields: Mapping[str, Any]) -> None:
    """Give `agent` the model's `fields`; what else has changed since it was read stays so.

    Visits that go on keep what they began with.

    Raises:
        AgentInvalid: naming the first field that cannot be; nothing is changed.
    """
    for name, value in fields.items():
        setattr(agent, name, value)
    others = {field.name for field in Agent._meta.get_fields()} - fields.keys()
    try:
        agent.full_clean(exclude=others)
    except ValidationError as error:
        name, [reason, *_] = next(iter(error.message_dict.items()))
        raise AgentInvalid(name, reason) from error
    agent.save(update_fields=[*fields, "updated_at"])


def close(agent: Agent) -> None:
    """Let nobody in any more."""
    Agent.objects.filter(pk=agent.pk).update(enabled=False)


@transaction.atomic
def delete(agent: Agent) -> None:
    """Forget it with everything that hangs on it."""
    Agent.objects.filter(pk=agent.pk).delete()
