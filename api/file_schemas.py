"""Bodies of the upload of files; field names are the wire contract's."""

from datetime import UTC
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.bodies import LongText
from api.schemas import leave_out_nulls, storable
from files import services
from files.models import Category, File

CATEGORIES = {
    "auto": None,
    "image": Category.IMAGE,
    "audio": Category.AUDIO,
    "video": Category.VIDEO,
    "pdf": Category.DOCS,
    "document": Category.DOCS,
}
MAX_NAME_CHARS = 255
MAX_URL_CHARS = 2000


def _url(value: object) -> str:
    if not (isinstance(value, str) and storable(value)):
        raise ValueError("must be an address that begins with https:// or http://")
    if not value.strip().lower().startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    if len(value) > MAX_URL_CHARS:
        raise ValueError(f"must have at most {MAX_URL_CHARS} characters")
    return value.strip()


def _data(value: object) -> str | LongText:
    if not (isinstance(value, LongText) or (isinstance(value, str) and value.strip())):
        raise ValueError("must be the file's bytes in base64, or a data: address")
    if isinstance(value, str) and value.lstrip()[:8].lower().startswith(("http://", "https://")):
        raise ValueError("must not be an address; send that as file_url")
    return value


def _name(value: object) -> str:
    if not (isinstance(value, str) and value.strip() and storable(value)):
        raise ValueError("must be the file's name with its extension, such as report.pdf")
    if len(value) > MAX_NAME_CHARS:
        raise ValueError(f"must have at most {MAX_NAME_CHARS} characters")
    return value.strip()


def _type(value: object) -> str:
    if not (isinstance(value, str) and value in CATEGORIES):
        raise ValueError(f"must be one of {', '.join(CATEGORIES)}")
    return value


class UploadRequest(BaseModel):
    """Either `file_url`, or `file_data` with `file_name`; `null` counts as left out."""

    model_config = ConfigDict(title="UploadRequest", arbitrary_types_allowed=True)

    file_url: Annotated[
        str | None,
        BeforeValidator(_url),
        Field(description="An address to download the file from."),
    ] = None
    file_data: Annotated[
        Any,
        BeforeValidator(_data),
        Field(
            description="The file in base64, or as a data: address.",
            examples=["YSxiCjEsMgo="],
            json_schema_extra={"type": "string"},
        ),
    ] = None
    file_name: Annotated[
        str | None,
        BeforeValidator(_name),
        Field(description="Its name; the extension says the type.", examples=["table.csv"]),
    ] = None
    file_type: Annotated[
        str,
        BeforeValidator(_type),
        Field(
            description="What the file must be; `auto` goes by the extension.",
            json_schema_extra={"enum": list(CATEGORIES)},
        ),
    ] = "auto"

    _nulls = model_validator(mode="before")(leave_out_nulls)

    @model_validator(mode="after")
    def _one_way(self) -> "UploadRequest":
        if self.file_url is not None and self.file_data is not None:
            raise PydanticCustomError("both_ways", "Send file_url or file_data, and not both")
        return self

    @property
    def absent(self) -> str:
        """The field that is missing; '' where all are there."""
        if self.file_url is None and self.file_data is None:
            return "file_data" if self.file_name is not None else "file_url"
        return "file_name" if self.file_url is None and self.file_name is None else ""


class UploadedFile(BaseModel):
    file_url: str
    original_source: str
    file_type: str
    file_size: int
    mime_type: str
    asset_category: str
    uploaded_at: str


class UploadAnswer(BaseModel):
    success: bool = True
    message: str = "File uploaded successfully"
    data: UploadedFile


def uploaded(file: File, file_type: str) -> UploadAnswer:
    """The answer; `file_type` is what the request said."""
    return UploadAnswer(
        data=UploadedFile(
            file_url=services.public_url(file),
            original_source=file.original_source,
            file_type=file_type,
            file_size=file.size_bytes,
            mime_type=file.mime_type,
            asset_category=file.category,
            uploaded_at=file.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
    )
