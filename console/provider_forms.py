"""The form of an account's own provider: a key that is written and never read, models by stage."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from agents import provider_services as services
from agents.entries import OPENAI_URL, Entry
from agents.errors import ProviderInUse, ProviderInvalid
from agents.models import Provider
from agents.providers import STAGES

KEY_HELP = (
    "Stored encrypted and not shown again. What you write here replaces it; empty leaves it as it "
    "is. For another server it has to be written again."
)
FIELDS = {
    "platform": "label",
    "label": "label",
    "credentials.baseUrl": "base_url",
    "credentials.apiKey": "api_key",
    "options.stt.model": "stt_model",
    "options.llm.model": "llm_model",
    "options.tts.model": "tts_model",
}
"""Where the form shows what is said of a field."""


def text(label: str, placeholder: str, help_text: str = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder, "spellcheck": "false"})
    return forms.CharField(label=label, required=False, widget=widget, help_text=help_text)


class ProviderForm(forms.ModelForm[Provider]):
    base_url = text("Address", OPENAI_URL, "Empty: OpenAI's own.")
    api_key = forms.CharField(
        label="Key",
        required=False,
        help_text=KEY_HELP,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    drop_key = forms.BooleanField(label="Forget the stored key", required=False)
    stt_model = text("Model that hears", "whisper-1", "Empty: it does not hear.")
    llm_model = text("Model that answers", "gpt-4o-mini", "Empty: it does not answer.")
    temperature = forms.FloatField(
        label="Temperature", required=False, min_value=0, max_value=2, help_text="Empty: its own."
    )
    tts_model = text("Model that speaks", "gpt-4o-mini-tts", "Empty: it does not speak.")
    tts_voice = text("Voice", "alloy", "Empty: the agent's.")

    class Meta:
        model = Provider
        fields = ("account", "label", "trusted")
        help_texts = {
            "label": "What it is called in lists.",
            "trusted": "Its address may be on this machine or in its network. Without that only "
            "public addresses are connected to.",
        }
        widgets = {"label": UnfoldAdminTextInputWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider = self.instance
        self.fields["base_url"].initial = provider.base_url
        for stage in STAGES:
            self.fields[f"{stage}_model"].initial = provider.options.get(stage, {}).get("model")
        self.fields["temperature"].initial = provider.options.get("llm", {}).get("temperature")
        self.fields["tts_voice"].initial = provider.options.get("tts", {}).get("voice")

    def entry(self) -> Entry:
        """As the service takes it."""
        data = self.cleaned_data
        trusted = data["trusted"] if "trusted" in self.fields else None
        return Entry(
            label=data.get("label", ""),
            base_url=data.get("base_url", ""),
            api_key=data.get("api_key", ""),
            clear_key=data.get("drop_key", False),
            options=self._options(),
            metadata=self.instance.metadata,
            trusted=trusted,
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                services.check_provider(self.instance, self.entry())
            except ProviderInvalid as error:
                message = f"{error.message[:1].upper()}{error.message[1:]}."
                self.add_error(FIELDS.get(error.field), message)
            except ProviderInUse as error:
                self.add_error(None, f"{error}.")
        return cleaned

    def _options(self) -> dict[str, Any]:
        data = self.cleaned_data
        more = {"llm": ("temperature", "temperature"), "tts": ("voice", "tts_voice")}
        options: dict[str, Any] = {}
        for stage in STAGES:
            if not data.get(f"{stage}_model"):
                continue
            options[stage] = {"model": data[f"{stage}_model"]}
            option, field = more.get(stage, ("", ""))
            if data.get(field) not in (None, ""):
                options[stage][option] = data[field]
        return options
