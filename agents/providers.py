"""The providers an agent may choose: a name per stage that the operator knows, and options."""

from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import ValidationError

from voice.errors import VoiceError
from voice.events import Stage
from voice.providers.options import check_options
from voice.spec import JsonScalar, ProviderSpec

STAGES: tuple[Stage, ...] = ("stt", "llm", "tts")
KEYS = frozenset({"name", "options"})


def known_names(stage: str) -> list[str]:
    """The provider names that the operator offers for `stage`."""
    names: Mapping[str, list[str]] = settings.PARLEY_PROVIDER_NAMES
    return list(names[stage])


def validate_providers(providers: object) -> None:
    """Check `{"stt"|"llm"|"tts": {"name": …, "options": {…}}}`, every part optional."""
    if not isinstance(providers, dict):
        raise ValidationError('Write a JSON object, such as {"llm": {"name": "openai"}}.')
    for unknown in providers.keys() - set(STAGES):
        raise ValidationError(f"“{unknown}” is not a stage. Use {', '.join(STAGES)}.")
    for stage in STAGES:
        if stage in providers:
            _validate_choice(stage, providers[stage])


def _validate_choice(stage: Stage, choice: object) -> None:
    if not isinstance(choice, dict):
        raise ValidationError(f'{stage}: write an object, such as {{"name": "openai"}}.')
    for key in choice:
        if key not in KEYS:
            raise ValidationError(f"{stage}: “{key}” is not known. Use name and options.")
    name = choice.get("name", "")
    if name and name not in known_names(stage):
        offered = ", ".join(known_names(stage))
        raise ValidationError(f"{stage}: no provider is called “{name}”. Offered are: {offered}.")
    default: str = getattr(settings.PARLEY.providers, stage)
    _validate_options(stage, name or default, choice.get("options", {}))


def _validate_options(stage: Stage, name: str, options: object) -> None:
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


def provider_spec(providers: Mapping[str, Mapping[str, object]], stage: str) -> ProviderSpec:
    """The choice for `stage` out of validated `providers`; an empty name is the default's."""
    choice = providers.get(stage, {})
    # what validate_providers let in
    options: Mapping[str, JsonScalar] = choice.get("options") or {}  # type: ignore[assignment]
    return ProviderSpec(name=str(choice.get("name") or ""), options=options)
