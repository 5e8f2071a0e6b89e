"""The form of a webhook: events to tick, and custom headers that are written and never read."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from webhooks import services
from webhooks.errors import WebhookInvalid
from webhooks.events import DEFAULT_EVENTS, EVENTS
from webhooks.models import Endpoint

EVENT_WORDS = {
    "room.join": "room.join – a visitor has joined",
    "chat.push": "chat.push – the visitor or the agent has said something",
    "session.ended": "session.ended – a visit is over",
    "agent.ready": "agent.ready – an agent has been made",
    "agent.failed": "agent.failed – an agent could not be made",
    "ping": "ping – a test",
}
HEADERS_HELP = (
    "Sent with every event, one a line, such as Authorization: Bearer … They are stored encrypted "
    "and not shown again. What you write here replaces all of them; empty leaves them as they are."
)


class HeadersField(forms.CharField):
    """`Name: value` a line, as a mapping; None where nothing is written."""

    def to_python(self, value: Any) -> Any:
        lines = [line for line in str(value or "").splitlines() if line.strip()]
        if not lines:
            return None
        headers = {}
        for line in lines:
            name, colon, text = line.partition(":")
            if not colon:
                raise forms.ValidationError("Write each header as Name: value.")
            headers[name.strip()] = text.strip()
        return headers


class WebhookForm(forms.ModelForm[Endpoint]):
    events = forms.MultipleChoiceField(
        choices=[(name, EVENT_WORDS[name]) for name in EVENTS],
        widget=forms.CheckboxSelectMultiple,
        initial=list(DEFAULT_EVENTS),
    )
    headers = HeadersField(
        label="Custom headers",
        required=False,
        help_text=HEADERS_HELP,
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    drop_headers = forms.BooleanField(label="Remove all custom headers", required=False)

    class Meta:
        model = Endpoint
        fields = ("account", "url", "description", "events", "signature", "active")
        help_texts = {
            "url": "Where your back end takes events; https only.",
            "active": "Off: nothing is sent. What waits, waits on.",
            "signature": "What X-bitHuman-Signature signs. webhook-signature is the same for all.",
        }
        widgets = {
            "url": UnfoldAdminTextInputWidget(
                attrs={"placeholder": "https://shop.example/webhooks"}
            )
        }

    def wanted(self) -> dict[str, Any]:
        """The fields for webhooks.services; those that stay as they are left out."""
        names = ("url", "description", "events", "signature")
        found = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        if self.cleaned_data.get("drop_headers"):
            found["headers"] = {}
        elif self.cleaned_data.get("headers") is not None:
            found["headers"] = self.cleaned_data["headers"]
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, value in self.wanted().items():
            try:
                services.check({name: value})
            except WebhookInvalid as error:
                self.add_error(name, f"{error.message[:1].upper()}{error.message[1:]}.")
        return cleaned
