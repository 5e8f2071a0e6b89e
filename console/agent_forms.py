"""The form of an agent: origins one a line, providers as JSON that says what is wrong."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from agents import faces
from agents.models import Agent
from agents.providers import CUSTOM, STAGES, own_choices
from agents.selectors import providers_of
from console.base import check_owner
from tokens.models import Account
from voice.events import Stage

ORIGINS_HELP = (
    "Which pages may show this agent, one origin a line, such as https://shop.example or "
    "https://*.shop.example. Empty: any page may."
)
PROVIDERS_HELP = (
    "Who else hears (stt), answers (llm) and speaks (tts) for this agent, if not the operator's "
    "default; what is chosen above stands here too. For example: "
    '{"llm": {"name": "openai", "options": {"model": "gpt-4o-mini"}}}'
)


class OriginsField(forms.CharField):
    """A list of origins, edited as lines of text."""

    widget = UnfoldAdminTextareaWidget(
        attrs={"rows": 4, "placeholder": "https://shop.example", "spellcheck": "false"}
    )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (line.strip().rstrip("/") for line in str(value or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        changed: bool = self.to_python(data) != (initial or [])
        return changed


def own_provider(label: str) -> forms.ChoiceField:
    """A choice among the account's own providers, which the form fills in."""
    return forms.ChoiceField(label=label, required=False, widget=UnfoldAdminSelectWidget)


class AgentForm(forms.ModelForm[Agent]):
    """Set `owner` to the account whose own providers may be chosen."""

    owner: Account | None = None

    allowed_origins = OriginsField(required=False, help_text=ORIGINS_HELP)
    avatar = forms.ChoiceField(
        label="Face",
        required=False,
        choices=lambda: [("", "The default face"), *((name, name) for name in faces.names())],
        widget=UnfoldAdminSelectWidget,
    )
    own_stt = own_provider("Who hears")
    own_llm = own_provider("Who answers")
    own_tts = own_provider("Who speaks")

    class Meta:
        model = Agent
        fields = (
            *("account", "code", "name", "enabled", "greeting", "prompt", "knowledge"),
            "knowledge_bases",
            *("allowed_origins", "anonymous", "language", "voice", "avatar", "providers"),
            *("max_live_visits", "minutes_per_day", "keep_transcripts_days"),
        )
        help_texts = {
            "greeting": "Spoken first. Empty: the agent waits for the visitor.",
            "prompt": "Who the agent is and how it talks.",
            "knowledge": "What it knows, in short sentences that read well aloud. "
            "A line without a full stop is a heading.",
            "knowledge_bases": "Documents that it looks answers up in.",
            "voice": "A voice of the speaking provider, such as slt. Empty: its default.",
            "providers": PROVIDERS_HELP,
            "anonymous": "Off: only visitors with a token from your back end get in.",
            "enabled": "Off: the embed shows that the agent is not available.",
            "keep_transcripts_days": "Days that transcripts are kept. 0: not at all.",
            "max_live_visits": "Visits at the same time. Empty: the account's limit alone.",
            "minutes_per_day": "Minutes of conversation a day, which caps what providers cost. "
            "Empty: no limit.",
        }
        widgets = {
            "code": UnfoldAdminTextInputWidget,
            "knowledge": UnfoldAdminTextareaWidget(attrs={"rows": 16}),
            "knowledge_bases": forms.CheckboxSelectMultiple,
            "prompt": UnfoldAdminTextareaWidget(attrs={"rows": 8}),
            "greeting": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "providers": UnfoldAdminTextareaWidget(attrs={"rows": 5, "spellcheck": "false"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.account_id is None and self.owner is not None:
            self.instance.account = self.owner
        chosen = {each.stage: each.provider_id for each in own_choices(self.instance.providers)}
        for stage in STAGES:
            field = self.fields.get(f"own_{stage}")
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", "As written below"), *self._own(stage)]
                field.initial = chosen.get(stage, "")

    def clean(self) -> dict[str, Any]:
        """Write what was chosen anew into the providers; else they stay as they are written."""
        cleaned = super().clean() or {}
        providers = cleaned.get("providers")
        if not isinstance(providers, dict):
            return cleaned
        for stage in STAGES:
            if f"own_{stage}" not in self.changed_data:
                continue
            provider_id = cleaned.get(f"own_{stage}")
            if provider_id:
                providers[stage] = {"mode": CUSTOM, "provider_id": provider_id}
            elif stage in {each.stage for each in own_choices(providers)}:
                del providers[stage]
        return cleaned

    def clean_knowledge_bases(self) -> Any:
        """Nothing of others, which a superuser is offered too."""
        rows = self.cleaned_data["knowledge_bases"]
        if self.instance.pk:
            check_owner(self.instance.account, rows)
        return rows

    def _own(self, stage: Stage) -> list[tuple[str, str]]:
        if self.owner is None:
            return []
        return [(row.uid, str(row)) for row in providers_of(self.owner) if stage in row.options]
