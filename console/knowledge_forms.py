"""The forms of documents and of the knowledge bases made of them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminTextInputWidget

from console.base import check_owner
from console.drop import DropInput, FilesField
from knowledge import services
from knowledge.errors import KnowledgeError, KnowledgeInvalid
from knowledge.intake import MAX_DOCUMENT_BYTES
from knowledge.models import Document, KnowledgeBase

ACCEPT = ".pdf,.docx,.txt,.md,.markdown,.csv,.tsv,.html,.htm,.xhtml"
"""Endings of what the browser offers; what is taken is known by its content."""


class DocumentForm(forms.ModelForm[Document]):
    file = FilesField(
        required=False,
        label="Files",
        widget=DropInput(ACCEPT, several=True),
        help_text="PDF, DOCX, TXT, Markdown, CSV or HTML, up to 10 MB each. Only their text is "
        "kept.",
    )
    name = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="Shown with answers. Empty: the file's name, or the end of the address.",
    )

    class Meta:
        model = Document
        fields = ("account", "name", "url", "sync_freq")
        help_texts = {
            "url": "Instead of a file: where the document is; https only.",
            "sync_freq": "Of an address: how often it is looked at for changes.",
        }
        widgets = {"url": UnfoldAdminTextInputWidget(attrs={"placeholder": "https://"})}

    @property
    def uploads(self) -> "list[UploadedFile[Any]]":
        """What was uploaded; none where an address was given."""
        uploaded: list[UploadedFile[Any]] = self.cleaned_data.get("file") or []
        return uploaded

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk:
            if not cleaned.get("name"):
                self.add_error("name", "Give it a name.")
        elif not self.errors:
            self._check_sources(cleaned)
        return cleaned

    def _check_sources(self, cleaned: dict[str, Any]) -> None:
        url = cleaned.get("url") or ""
        if bool(self.uploads) == bool(url):
            raise forms.ValidationError("Give files or an address.")
        if url:
            self._check("url", "", partial(services.check_address, url))
        if len(self.uploads) > 1 and cleaned.get("name"):
            self.add_error("name", "Several files keep their own names. Leave this empty.")
        for file in self.uploads:
            said = f"{file.name}: " if len(self.uploads) > 1 else ""
            self._check("file", said, partial(_check_file, file))

    def _check(self, field: str, said: str, check: Callable[[], object]) -> None:
        """Put what `check` says against it beside the field, behind `said`."""
        try:
            check()
        except KnowledgeInvalid as error:
            self.add_error(field, f"{said}{error.message[:1].upper()}{error.message[1:]}.")
        except KnowledgeError as error:
            self.add_error(field, f"{said}{error}")


def content_of(file: "UploadedFile[Any]") -> bytes:
    file.seek(0)
    content: bytes = file.read()
    return content


def _check_file(file: "UploadedFile[Any]") -> None:
    if (file.size or 0) > MAX_DOCUMENT_BYTES:
        raise KnowledgeError(services.TOO_LARGE)
    services.check_file(file.name or "", content_of(file))


class KnowledgeBaseForm(forms.ModelForm[KnowledgeBase]):
    class Meta:
        model = KnowledgeBase
        fields = ("account", "name", "description", "documents")
        widgets = {"documents": forms.CheckboxSelectMultiple}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        owner = self.instance.account if self.instance.pk else cleaned.get("account")
        if owner is not None:
            try:
                check_owner(owner, cleaned.get("documents") or ())
            except forms.ValidationError as error:
                self.add_error("documents", error)
        return cleaned
