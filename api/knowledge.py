"""Knowledge: documents, the bases made of them, and which of these an agent looks up."""

import json
from typing import Annotated, Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import NinjaAPI, Query, Router, Status
from ninja.errors import HttpError, ValidationError
from pydantic import ValidationError as BodyError

from agents import selectors as agents
from agents.services import attach_knowledge
from api import buckets
from api.auth import AuthorizedRequest
from api.errors import Code, ErrorResponse, Failure, render
from api.knowledge_schemas import (
    AgentKnowledgeAnswer,
    AttachRequest,
    BaseAnswer,
    BaseRequest,
    BasesAnswer,
    DeletedAnswer,
    FileAnswer,
    FilesAnswer,
    UrlRequest,
    base,
    file,
)
from api.schemas import ErrorAnswer, storable
from knowledge import selectors, services
from knowledge.errors import (
    BaseNotFound,
    DocumentNotFound,
    DocumentTooLarge,
    KnowledgeError,
    KnowledgeInvalid,
    TypeUnsupported,
)
from knowledge.intake import MAX_DOCUMENT_BYTES
from knowledge.models import Document

MOST = 100

router = Router(tags=["Knowledge"])
of_agents = Router(tags=["Knowledge"])

Limit = Annotated[int, Query(default=20, ge=1, le=MOST, description="At most this many.")]
Offset = Annotated[int, Query(default=0, ge=0, le=10_000_000)]

UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "name": {"type": "string", "description": "Empty: the file's own."},
                    },
                }
            },
            "application/json": {"schema": UrlRequest.model_json_schema()},
        },
    }
}
"""The two bodies of an upload, which ninja cannot tell of one route."""


def add_refusals(api: NinjaAPI) -> None:
    api.add_exception_handler(KnowledgeError, refused)


def refused(request: HttpRequest, error: Any) -> ErrorResponse:
    match error:
        case DocumentNotFound():
            return render(Failure(Code.NOT_FOUND, "No such document"))
        case BaseNotFound():
            return render(Failure(Code.NOT_FOUND, "No such knowledge base"))
        case KnowledgeInvalid():
            details = {"field": error.field}
            return render(Failure(Code.VALIDATION_ERROR, str(error), details=details))
        case DocumentTooLarge():
            return render(Failure(Code.FILE_TOO_LARGE, str(error)))
        case TypeUnsupported():
            return render(Failure(Code.UNSUPPORTED_TYPE, str(error)))
        case _:
            raise error  # Django logs it, and the middleware renders what comes of it


def answers(answer: Any, status: int = 200) -> dict[Any, Any]:
    """The declared answers of a route."""
    failures = (400, 401, 404, 413, 415, 422, 429, 500)
    return {status: answer} | dict.fromkeys(failures, ErrorAnswer)


@router.post(
    "/files", response=answers(FileAnswer, 201), openapi_extra=UPLOAD, summary="Add a document"
)
def add_file(request: AuthorizedRequest) -> Status[dict[str, Any]]:
    """Take a document as `multipart/form-data`, or its address as JSON, and read it soon after.

    PDF, DOCX, TXT, Markdown, CSV and HTML, up to 10 MB.
    """
    buckets.count_upload(request, request.auth)
    if request.content_type == "multipart/form-data":
        return Status(201, {"data": file(uploaded(request))})
    wanted = url_request(request)
    row = services.add_url(request.auth, **wanted.model_dump())
    return Status(201, {"data": file(row)})


@router.get("/files", response=answers(FilesAnswer), summary="List documents")
def list_files(request: AuthorizedRequest, limit: Limit = 20, offset: Offset = 0) -> dict[str, Any]:
    """The account's documents, the newest first."""
    rows = selectors.documents(request.auth)
    return {
        "data": [file(row) for row in rows[offset : offset + limit]],
        "pagination": pagination(rows, limit, offset),
    }


@router.get("/files/{file_id}", response=answers(FileAnswer), summary="Show a document")
def show_file(request: AuthorizedRequest, file_id: str) -> dict[str, Any]:
    return {"data": file(selectors.document(request.auth, file_id))}


@router.delete("/files/{file_id}", response=answers(DeletedAnswer), summary="Delete a document")
def delete_file(request: AuthorizedRequest, file_id: str) -> dict[str, Any]:
    """Delete it; no answer is made from it any more."""
    services.delete_document(selectors.document(request.auth, file_id))
    return {"deleted": True}


@router.post("/kbs", response=answers(BaseAnswer, 201), summary="Make a knowledge base")
def create_base(request: AuthorizedRequest, payload: BaseRequest) -> Status[dict[str, Any]]:
    """Put documents together to be searched; its build runs in the background.

    Builds run one at a time for each account, others wait; 20 a day can be asked for.
    """
    row = services.create_base(
        request.auth,
        name=payload.name,
        description=payload.description,
        documents=payload.file_ids,
        build=payload.build,
    )
    return Status(201, {"data": base(selectors.base(request.auth, row.uid))})


@router.get("/kbs", response=answers(BasesAnswer), summary="List knowledge bases")
def list_bases(request: AuthorizedRequest, limit: Limit = 20, offset: Offset = 0) -> dict[str, Any]:
    """The account's knowledge bases, the newest first."""
    rows = selectors.bases(request.auth)
    return {
        "data": [base(row) for row in rows[offset : offset + limit]],
        "pagination": pagination(rows, limit, offset),
    }


@router.get("/kbs/{kb_id}", response=answers(BaseAnswer), summary="Show a knowledge base")
def show_base(request: AuthorizedRequest, kb_id: str) -> dict[str, Any]:
    return {"data": base(selectors.base(request.auth, kb_id))}


@router.delete("/kbs/{kb_id}", response=answers(DeletedAnswer), summary="Delete a knowledge base")
def delete_base(request: AuthorizedRequest, kb_id: str) -> dict[str, Any]:
    """Delete it; its documents stay."""
    services.delete_base(selectors.base(request.auth, kb_id))
    return {"deleted": True}


@router.post("/kbs/{kb_id}/rebuild", response=answers(BaseAnswer), summary="Build it again")
def rebuild(request: AuthorizedRequest, kb_id: str) -> dict[str, Any]:
    """Fetch its pages again and build it anew; until that is done the former build is searched."""
    services.rebuild(selectors.base(request.auth, kb_id))
    return {"data": base(selectors.base(request.auth, kb_id))}


@of_agents.get(
    "/{code}/knowledge", response=answers(AgentKnowledgeAnswer), summary="What an agent looks up"
)
def show_knowledge(request: AuthorizedRequest, code: str) -> dict[str, Any]:
    agent = agents.owned(request.auth, code)
    return {"agent_code": agent.code, "data": {"kb_ids": agents.knowledge_ids(agent)}}


@of_agents.put(
    "/{code}/knowledge",
    response=answers(AgentKnowledgeAnswer),
    summary="Choose what an agent looks up",
)
def choose_knowledge(
    request: AuthorizedRequest, code: str, payload: AttachRequest
) -> dict[str, Any]:
    """Let the agent look up these knowledge bases, from its next visit on."""
    agent = agents.owned(request.auth, code)
    attach_knowledge(agent, payload.kb_ids)
    return {"agent_code": agent.code, "data": {"kb_ids": agents.knowledge_ids(agent)}}


def uploaded(request: AuthorizedRequest) -> Document:
    """The document in a form."""
    found = request.FILES.get("file")
    if not isinstance(found, UploadedFile):
        raise missing("file")
    if (found.size or 0) > MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge(services.TOO_LARGE)
    name, file_name = str(request.POST.get("name") or ""), str(found.name or "")
    if not storable(name + file_name):
        raise KnowledgeInvalid("name", "must be a text")
    return services.add_file(request.auth, name=name, file_name=file_name, content=found.read())


def url_request(request: AuthorizedRequest) -> UrlRequest:
    """The JSON body; its errors are told as those of any other route."""
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise HttpError(400, "no JSON") from error
    if not isinstance(body, dict):
        raise missing("file, in a form, or url, in JSON,")
    try:
        return UrlRequest.model_validate(body)
    except BodyError as error:
        found = error.errors(include_url=False)
        raise ValidationError(
            [{**each, "loc": ("body", "payload", *each["loc"])} for each in found]
        ) from error


def missing(field: str) -> ValidationError:
    return ValidationError([{"type": "missing", "loc": ("body", "payload", field), "msg": ""}])


def pagination(rows: QuerySet[Any], limit: int, offset: int) -> dict[str, Any]:
    total = rows.count()
    return {
        "limit": limit,
        "offset": offset,
        "total": total,
        "has_more": offset + limit < total,
    }
