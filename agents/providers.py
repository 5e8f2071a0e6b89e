"""The providers an agent may choose: the operator's by name, or its account's own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from tokens.models import Account
from voice.errors import VoiceError
from voice.events import Stage
from voice.providers.options import check_options
from voice.spec import JsonScalar, ProviderSpec

STAGES: tuple[Stage, ...] = ("stt", "llm", "tts")
DEFAULT = "default"
CUSTOM = "custom"
KEYS = frozenset({"name", "options"})
OWN_KEYS = frozenset({"mode", "provider_id", "options"})
PROVIDER_ID = re.compile(r"[A-Za-z0-9_]{1,32}")
PROTOCOL = "openai"
"""What every own provider speaks; the options that it takes are those of that name."""


@dataclass(frozen=True, slots=True)
class OwnChoice:
    """A stage for which an agent has chosen a provider of its account's own."""

    stage: Stage
    provider_id: str
    options: Mapping[str, JsonScalar]


def known_names(stage: str) -> list[str]:
    """The provider names that the operator offers for `stage`."""
    names: Mapping[str, list[str]] = settings.PARLEY_PROVIDER_NAMES
    return list(names[stage])


def validate_providers(providers: object, account: Account | None = None) -> None:
    """Check an agent's choice for `stt`, `llm` and `tts`, every part optional.

    Each is "default", {"name": …, "options": {…}} or {"mode": "custom", "provider_id": …,
    "options": {…}}. With `account`, own providers must be its own and have a model for the stage.
    """
    if not isinstance(providers, dict):
        raise ValidationError('Write a JSON object, such as {"llm": {"name": "openai"}}.')
    for unknown in providers.keys() - set(STAGES):
        raise ValidationError(f"“{unknown}” is not a stage. Use {', '.join(STAGES)}.")
    for stage in STAGES:
        if stage in providers:
            _validate_choice(stage, providers[stage])
    if account is not None:
        validate_own(providers, account)


def validate_own(providers: object, account: Account) -> None:
    """Check that the own providers among `providers` are the account's and serve their stage.

    What has not the shape of a choice is passed over: `validate_providers` tells of that.
    """
    for choice in own_choices(providers):
        provider = account.providers.filter(uid=choice.provider_id).first()
        if provider is None:
            raise ValidationError(
                f"{choice.stage}: there is no provider “{choice.provider_id}”. Make it first."
            )
        if choice.stage not in provider.options:
            raise ValidationError(
                f"{choice.stage}: “{provider}” has no model for it. Give it "
                f"options.{choice.stage}.model first."
            )


def own_choices(providers: object) -> Iterator[OwnChoice]:
    """The stages for which own providers are chosen."""
    for stage in STAGES:
        choice = providers.get(stage) if isinstance(providers, dict) else None
        if isinstance(choice, dict) and choice.get("mode") == CUSTOM:
            provider_id, options = choice.get("provider_id"), choice.get("options")
            if isinstance(provider_id, str) and PROVIDER_ID.fullmatch(provider_id):
                yield OwnChoice(stage, provider_id, options if isinstance(options, dict) else {})


def validate_options(stage: Stage, name: str, options: object) -> None:
    """Check the options that the provider of that name gets for a stage."""
    if not isinstance(options, dict):
        raise ValidationError(f'{stage}: options must be an object, such as {{"model": "…"}}.')
    for option, value in options.items():
        if not (value is None or isinstance(value, str | int | float | bool)):
            raise ValidationError(
                f"{stage}: option “{option}” must be a text, a number, true, false or null."
            )
    try:
        check_options(stage, name, options)
    except VoiceError as error:
        raise ValidationError(f"{error}.") from None


def _validate_choice(stage: Stage, choice: object) -> None:
    if choice == DEFAULT:
        return
    if not isinstance(choice, dict):
        raise ValidationError(
            f'{stage}: write an object, such as {{"name": "openai"}}, or “{DEFAULT}”.'
        )
    if choice.keys() & {"mode", "provider_id"}:
        _validate_own_choice(stage, choice)
        return
    _check_keys(stage, choice, KEYS, "name and options")
    name = choice.get("name", "")
    if name and name not in known_names(stage):
        offered = ", ".join(known_names(stage))
        raise ValidationError(f"{stage}: no provider is called “{name}”. Offered are: {offered}.")
    default: str = getattr(settings.PARLEY.providers, stage)
    validate_options(stage, name or default, choice.get("options", {}))


def _validate_own_choice(stage: Stage, choice: dict[str, Any]) -> None:
    _check_keys(stage, choice, OWN_KEYS, "mode, provider_id and options")
    if choice.get("mode") != CUSTOM:
        raise ValidationError(f"{stage}: mode must be “{CUSTOM}”.")
    provider_id = choice.get("provider_id")
    if not (isinstance(provider_id, str) and PROVIDER_ID.fullmatch(provider_id)):
        raise ValidationError(f"{stage}: provider_id must be the id of one of your providers.")
    validate_options(stage, PROTOCOL, choice.get("options", {}))


def _check_keys(stage: Stage, choice: dict[str, Any], keys: frozenset[str], words: str) -> None:
    for key in choice:
        if key not in keys:
            raise ValidationError(f"{stage}: “{key}” is not known. Use {words}.")


def provider_spec(providers: Mapping[str, Any], stage: str) -> ProviderSpec:
    """The operator's provider for `stage` out of validated `providers`; "" is the default's."""
    choice = providers.get(stage)
    if not isinstance(choice, dict):
        return ProviderSpec()
    # what validate_providers let in
    options: Mapping[str, JsonScalar] = choice.get("options") or {}
    return ProviderSpec(name=str(choice.get("name") or ""), options=options)
