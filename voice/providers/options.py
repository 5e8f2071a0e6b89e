"""What an owner may set of each provider; without imports, so that any door can check it."""

from collections.abc import Mapping
from types import MappingProxyType

from voice.errors import VoiceError
from voice.events import Stage
from voice.spec import JsonScalar

_OPTIONS: Mapping[tuple[str, Stage], frozenset[str]] = MappingProxyType(
    {
        ("openai", "stt"): frozenset({"model"}),
        ("openai", "llm"): frozenset({"model", "temperature"}),
        ("openai", "tts"): frozenset({"model", "voice"}),
        ("offline", "tts"): frozenset({"voice", "pitch", "tempo"}),
    }
)
_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"temperature": (0.0, 2.0), "pitch": (0.6, 1.7), "tempo": (0.6, 1.7)}
)
_LONGEST_CHARACTERS = 200


def check_options(stage: Stage, name: str, options: Mapping[str, JsonScalar]) -> None:
    """Check the options of the provider that `name` stands for, which is no default's "".

    Raises:
        VoiceError: it takes no such option, or not such a value.
    """
    allowed = _OPTIONS.get((name, stage), frozenset())
    for option, value in options.items():
        if option not in allowed:
            *others, last = sorted(allowed) or [""]
            names = f"{', '.join(others)} and {last}" if others else last
            remedy = f"it takes {names}" if last else "remove it"
            raise VoiceError(f"{name} for {stage} takes no option {option!r}: {remedy}")
        _check_value(stage, option, value)


def _check_value(stage: Stage, option: str, value: JsonScalar) -> None:
    if option in _RANGES:
        least, most = _RANGES[option]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not least <= float(value or 0) <= most:
            raise VoiceError(
                f"option {option!r} for {stage} is a number from {least:g} to {most:g}"
            )
    elif not isinstance(value, str) or not value or len(value) > _LONGEST_CHARACTERS:
        raise VoiceError(
            f"option {option!r} for {stage} is a name of at most {_LONGEST_CHARACTERS} characters"
        )
