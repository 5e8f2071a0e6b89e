"""Bodies about knowledge; their field names are the wire contract's."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.schemas import storable
from api.webhook_schemas import Pagination
from knowledge import selectors
from knowledge.models import Document, KnowledgeBase

State = Literal["waiting", "working", "ready", "failed"]
MAX_IDS = 200


def _text(value: object) -> str:
    if not (isinstance(value, str) and storable(value)):
        raise ValueError("must be a text")
    return value


def _ids(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("must be a list of ids")
    if len(value) > MAX_IDS:
        raise ValueError(f"must have at most {MAX_IDS} ids")
    return [_text(each) for each in value]


Text = Annotated[str, BeforeValidator(_text)]
Ids = Annotated[list[str], BeforeValidator(_ids)]


class UrlRequest(BaseModel):
    model_config = ConfigDict(title="KnowledgeUrlRequest")

    url: Annotated[Text, Field(description="Where the document is; https only.")]
    name: Annotated[Text, Field(description="Empty: the last part of the address.")] = ""
    sync_freq: Annotated[
        Text, Field(description="How often it is fetched again: `none`, `daily` or `weekly`.")
    ] = "none"


class BaseRequest(BaseModel):
    model_config = ConfigDict(title="KnowledgeBaseRequest")

    name: Text
    description: Annotated[Text, Field(max_length=1_000)] = ""
    file_ids: Ids = Field(default_factory=list)
    build: Annotated[bool, Field(description="Build it at once.")] = True


class AttachRequest(BaseModel):
    model_config = ConfigDict(title="AgentKnowledgeRequest")

    kb_ids: Annotated[Ids, Field(description="All that the agent shall look up; it drops others.")]


class FileData(BaseModel):
    """A document. `error` says why it `failed`, or why a page keeps an earlier text."""

    id: str
    name: str
    url: str | None
    sync_freq: str
    type: str | None
    size: int
    pages: int | None
    words: int
    status: State
    error: str | None
    created_at: datetime
    updated_at: datetime


class FileAnswer(BaseModel):
    success: bool = True
    data: FileData


class FilesAnswer(BaseModel):
    success: bool = True
    data: list[FileData]
    pagination: Pagination


class DeletedAnswer(BaseModel):
    success: bool = True
    deleted: bool = True


class BaseData(BaseModel):
    """A knowledge base. `status` is its latest build's; `passages` are those searched now."""

    id: str
    name: str
    description: str
    file_ids: list[str]
    status: Literal["new", "waiting", "working", "ready", "failed"]
    error: str | None
    passages: int
    built_at: datetime | None
    created_at: datetime
    updated_at: datetime


class BaseAnswer(BaseModel):
    success: bool = True
    data: BaseData


class BasesAnswer(BaseModel):
    success: bool = True
    data: list[BaseData]
    pagination: Pagination


class AgentKnowledgeData(BaseModel):
    kb_ids: list[str]


class AgentKnowledgeAnswer(BaseModel):
    success: bool = True
    agent_code: str
    data: AgentKnowledgeData


def file(row: Document) -> dict[str, Any]:
    return {
        "id": row.uid,
        "name": row.name,
        "url": row.url or None,
        "sync_freq": row.sync_freq,
        "type": row.kind or None,
        "size": row.size_bytes,
        "pages": row.pages,
        "words": row.words,
        "status": row.state,
        "error": row.error or None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def base(row: KnowledgeBase) -> dict[str, Any]:
    """A row of `selectors.bases`."""
    build = selectors.latest_build(row)
    return {
        "id": row.uid,
        "name": row.name,
        "description": row.description,
        "file_ids": [document.uid for document in row.documents.all()],
        "status": selectors.state(row),
        "error": (build.error or None) if build is not None else None,
        "passages": vars(row)["passage_count"],
        "built_at": row.live.ended_at if row.live is not None else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
