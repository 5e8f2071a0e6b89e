"""Writes about accounts' own providers, one transaction each."""

from collections.abc import Sequence
from copy import copy

from django.db import transaction

from agents.entries import Entry, assign
from agents.errors import ProviderInUse, ProviderInvalid
from agents.models import Agent, Provider
from agents.providers import OwnChoice, own_choices
from tokens.models import Account

MAX_PROVIDERS = 50


@transaction.atomic
def replace_providers(account: Account, entries: Sequence[Entry]) -> None:
    """Make `entries` the account's providers; one with a known id is changed, others are new.

    Raises:
        ProviderInvalid: a field cannot be, or an id is not known; nothing is changed.
        ProviderInUse: an agent has chosen what would be lost; nothing is changed.
    """
    _lock(account)
    if len(entries) > MAX_PROVIDERS:
        raise ProviderInvalid("entries", f"must be at most {MAX_PROVIDERS}")
    known = {provider.uid: provider for provider in account.providers.all()}
    kept = []
    for number, entry in enumerate(entries):
        try:
            provider = known.pop(entry.id) if entry.id else Provider(account=account)
            assign(provider, entry)
        except KeyError:
            raise ProviderInvalid(
                f"entries.{number}.id", "is not one of yours, or comes twice; leave it out to add"
            ) from None
        except ProviderInvalid as error:
            raise ProviderInvalid(f"entries.{number}.{error.field}", error.message) from None
        kept.append(provider)
    _refuse_if_used(account, kept, list(known.values()))
    account.providers.filter(pk__in=[provider.pk for provider in known.values()]).delete()
    for provider in kept:
        provider.save()


@transaction.atomic
def save_provider(provider: Provider, entry: Entry) -> None:
    """Change one provider, or add it.

    Raises:
        ProviderInvalid: a field cannot be, or the account has MAX_PROVIDERS already.
        ProviderInUse: an agent has chosen what it would no longer do.
    """
    _lock(provider.account)
    if provider.pk is None and provider.account.providers.count() >= MAX_PROVIDERS:
        raise ProviderInvalid("label", f"would be one more than the {MAX_PROVIDERS} allowed")
    assign(provider, entry)
    if provider.pk is not None:
        _refuse_if_used(provider.account, [provider], [])
    provider.save()


def check_provider(provider: Provider, entry: Entry) -> None:
    """Say what `save_provider` would say of `entry`, and change nothing.

    Raises:
        ProviderInvalid, ProviderInUse: as there.
    """
    trial = copy(provider)
    assign(trial, entry)
    if trial.pk is not None:
        _refuse_if_used(trial.account, [trial], [])


@transaction.atomic
def delete_provider(provider: Provider) -> None:
    """Forget a provider with its key.

    Raises:
        ProviderInUse: an agent has chosen it.
    """
    _lock(provider.account)
    _refuse_if_used(provider.account, [], [provider])
    provider.delete()


def uses(account: Account) -> list[tuple[str, OwnChoice]]:
    """Which agents of `account`, by code, have chosen own providers, and for what."""
    agents = Agent.objects.filter(account=account).exclude(providers={}).order_by("code")
    return [
        (agent.code, choice)
        for agent in agents.only("code", "providers")
        for choice in own_choices(agent.providers)
    ]


def users_of(provider: Provider) -> list[str]:
    """The codes of the agents that have chosen `provider`."""
    found = uses(provider.account)
    return list(dict.fromkeys(code for code, each in found if each.provider_id == provider.uid))


def _refuse_if_used(account: Account, kept: Sequence[Provider], gone: Sequence[Provider]) -> None:
    """Refuse to take from an agent what it has chosen."""
    serves = {provider.uid: set(provider.options) for provider in kept}
    serves |= {provider.uid: set() for provider in gone}
    labels = {provider.uid: provider.label for provider in (*kept, *gone)}
    lost: dict[str, list[str]] = {}
    for code, choice in uses(account):
        if choice.stage not in serves.get(choice.provider_id, {choice.stage}):
            lost.setdefault(choice.provider_id, []).append(code)
    for provider_id, codes in lost.items():
        raise ProviderInUse(provider_id, labels[provider_id], list(dict.fromkeys(codes)))


def _lock(account: Account) -> None:
    """One change of an account's providers after the other."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
