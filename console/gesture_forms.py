"""The form of an agent's gestures: its words one a line, each with its gesture."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from agents import dynamics
from agents.dynamics import Change
from agents.errors import DynamicsInvalid, DynamicsNotFound, DynamicsProcessing
from agents.gestures import UnknownGesture, named, validate_keywords
from agents.models import Agent, Dynamics
from avatar import GESTURES

FILM_FIRST = "Film the gestures first: that switches them on."
BEING_FILMED = "Its gestures are being filmed. Wait until that is over, and save then."


class KeywordsField(forms.CharField):
    """`{"hello": "wave"}`, edited as lines such as `hello = wave`."""

    widget = UnfoldAdminTextareaWidget(
        attrs={"rows": 10, "placeholder": "hello = wave", "spellcheck": "false"}
    )
    default_validators = [validate_keywords]

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{word} = {gesture}" for word, gesture in value.items())
        return value

    def to_python(self, value: Any) -> Any:
        keywords: dict[str, str] = {}
        for number, line in enumerate(str(value or "").splitlines(), 1):
            if not line.strip():
                continue
            word, sign, gesture = (part.strip() for part in line.rpartition("="))
            if not (word and sign and gesture):
                raise forms.ValidationError(f"Line {number}: write a word, = and a gesture.")
            if word in keywords:
                raise forms.ValidationError(f"Line {number}: “{word}” stands there twice.")
            keywords[word] = gesture
        return keywords


class GesturesForm(forms.Form):
    enabled = forms.BooleanField(
        label="It makes gestures by itself", required=False, widget=UnfoldBooleanSwitchWidget
    )
    keywords = KeywordsField(
        label="Words that it makes one at",
        required=False,
        help_text="One a line, said by either side: never mind = shake. The gestures are "
        f"{', '.join(GESTURES)}.",
    )
    llm_gestures = forms.MultipleChoiceField(
        label="Gestures that its language model may make",
        required=False,
        choices=[(gesture, gesture) for gesture in GESTURES],
        widget=forms.CheckboxSelectMultiple,
    )

    def save(self, agent: Agent) -> bool:
        """Whether it is kept; else the form now says why not."""
        try:
            dynamics.adjust(agent, self._change())
        except DynamicsNotFound:
            self.add_error("enabled", FILM_FIRST)
        except DynamicsProcessing:
            self.add_error(None, BEING_FILMED)
        except DynamicsInvalid as refusal:
            name = refusal.field.rpartition(".")[2]
            self.add_error(name if name in self.fields else None, refusal.reason)
        return not self.errors

    def _change(self) -> Change:
        given = self.cleaned_data
        return Change(
            # To say once more what is so would ask for films that there need not be.
            enabled=given["enabled"] if "enabled" in self.changed_data else None,
            keywords=given["keywords"],
            llm_gestures=given["llm_gestures"],
        )


def shown(row: Dynamics) -> dict[str, Any]:
    """What the form shows of `row` at first."""
    return {
        "enabled": row.enabled,
        "keywords": row.keywords,
        "llm_gestures": [_own_name(gesture) for gesture in row.llm_gestures],
    }


def _own_name(gesture: str) -> str:
    """The face's name of it, which a back end may have called by the wire's."""
    try:
        return named(gesture)
    except UnknownGesture:
        return gesture
