"""The forms of documents and of the knowledge bases made of them."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from console.base import check_owner
from knowledge import services
from knowledge.errors import KnowledgeError, KnowledgeInvalid
from knowledge.intake import MAX_DOCUMENT_BYTES
from knowledge.models import Document, KnowledgeBase


class DocumentForm(forms.ModelForm[Document]):
    file = forms.FileField(
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text="PDF, DOCX, TXT, Markdown, CSV or HTML, up to 10 MB. Only its text is kept.",
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

    def content(self) -> bytes:
        """The file's bytes; b"" where an address was given."""
        file = self.cleaned_data.get("file")
        if not isinstance(file, UploadedFile):
            return b""
        file.seek(0)
        content: bytes = file.read()
        return content

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk:
            if not cleaned.get("name"):
                self.add_error("name", "Give it a name.")
            return cleaned
        file, url = cleaned.get("file"), cleaned.get("url")
        if bool(file) == bool(url):
            raise forms.ValidationError("Give a file or an address.")
        field = "file" if file else "url"
        try:
            self._check(file, url or "")
        except KnowledgeInvalid as error:
            self.add_error(field, f"{error.message[:1].upper()}{error.message[1:]}.")
        except KnowledgeError as error:
            self.add_error(field, str(error))
        return cleaned

    def _check(self, file: "UploadedFile[Any] | None", url: str) -> None:
        if file is None:
            services.check_address(url)
        elif (file.size or 0) > MAX_DOCUMENT_BYTES:
            raise KnowledgeError(services.TOO_LARGE)
        else:
            services.check_file(file.name or "", self.content())


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
