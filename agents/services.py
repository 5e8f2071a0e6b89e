"""Making agents."""

from django.db import transaction

from agents import demo
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
