"""A field for files: dropped on it or chosen, and without JavaScript chosen alone."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class DropInput(forms.FileInput):
    """`accept` is what the browser's chooser offers, as HTML writes it."""

    template_name = "console/drop.html"

    class Media:
        js = (forms.Script("console/drop.js", type="module"),)

    def __init__(self, accept: str, *, several: bool = False) -> None:
        self.allow_multiple_selected = several
        super().__init__({"accept": accept, **({"multiple": True} if several else {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["several"] = self.allow_multiple_selected
        return context


class FilesField(forms.FileField):
    """As many files as are given; its value is a list of them."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        each = data if isinstance(data, list | tuple) else [data]
        cleaned, problems = [], []
        for file in each:
            try:
                cleaned.append(super().clean(file, initial))
            except ValidationError as error:
                name = getattr(file, "name", "")
                problems += [f"{name}: {text}" if name else text for text in error.messages]
        if problems:
            raise ValidationError(problems)
        return [file for file in cleaned if file]
