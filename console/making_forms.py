"""The form by which somebody has an agent made."""

from typing import Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from agents import services
from agents.errors import AgentInvalid, SourceRefused
from agents.models import Agent, Generation
from agents.services import Source, Upload, Wish
from console.drop import DropInput
from tokens.errors import BalanceSpent, RateLimited
from tokens.models import Account

SHAPES = {"16:9": "Wide, 16:9", "9:16": "Tall, 9:16", "1:1": "Square, 1:1"}
NO_MINUTES = "Your account has no minutes left."
NO_MORE_TODAY = "Your account has made as many agents as it may today. Try again tomorrow."


def likeness(label: str, accept: str, help_text: str) -> forms.FileField:
    return forms.FileField(
        label=label, required=False, widget=DropInput(accept), help_text=help_text
    )


class MakeForm(forms.Form):
    prompt = forms.CharField(
        label="Who it is",
        required=False,
        max_length=20_000,
        widget=UnfoldAdminTextareaWidget(
            attrs={
                "rows": 5,
                "placeholder": "You are Nora, a museum guide with grey hair and round glasses.",
            }
        ),
        help_text="How it talks, and how it looks where there is no picture. Empty: somebody at "
        "random.",
    )
    image = likeness("A picture", "image/*", "A portrait from the front, up to 10 MB.")
    video = likeness(
        "A clip", "video/*", "Somebody who speaks, up to 30 seconds. It counts before a picture."
    )
    audio = likeness(
        "A voice sample", "audio/*", "Up to a minute. The nearest of the offline voices is taken."
    )
    shape = forms.ChoiceField(
        label="Its frame",
        choices=[(shape.value, SHAPES[shape.value]) for shape in Generation.Shape],
        widget=UnfoldAdminSelectWidget,
    )

    def make(self, account: Account) -> Agent | None:
        """The agent that is being made from now on; None where the form now says why not."""
        try:
            return services.generate(account, self._wish())
        except SourceRefused as refusal:
            self.add_error(refusal.field, refusal.reason)
        except AgentInvalid as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, refusal.reason)
        except BalanceSpent:
            self.add_error(None, NO_MINUTES)
        except RateLimited:
            self.add_error(None, NO_MORE_TODAY)
        return None

    def _wish(self) -> Wish:
        given = self.cleaned_data
        return Wish(
            prompt=given["prompt"],
            image=_source(given["image"]),
            video=_source(given["video"]),
            audio=_source(given["audio"]),
            shape=given["shape"],
        )


def _source(file: "UploadedFile[Any] | None") -> Source:
    return "" if file is None else Upload(cast(BinaryIO, file), file.name or "")
