"""Uploading files, by address and by base64."""

from typing import Any

import pydantic
from django.http import HttpRequest
from ninja import NinjaAPI, Router

from api import buckets
from api.auth import AuthorizedRequest
from api.bodies import LongText, NotAnObject, TooLong, long_object
from api.errors import Code, ErrorResponse, Failure, render
from api.file_schemas import CATEGORIES, UploadAnswer, UploadRequest, uploaded
from api.handlers import sentence
from api.schemas import ErrorAnswer
from files import services
from files.errors import BadFile, DownloadFailed, FilesError, FileTooLarge, UnsupportedType

MAX_BODY_BYTES = 150_000_000
"""The largest file in base64, with line breaks or escapes in it."""
CODES = {
    FileTooLarge: Code.FILE_TOO_LARGE,
    UnsupportedType: Code.UNSUPPORTED_TYPE,
    DownloadFailed: Code.DOWNLOAD_FAILED,
    BadFile: Code.VALIDATION_ERROR,
}
ANSWERS: dict[Any, Any] = {200: UploadAnswer} | dict.fromkeys(
    (400, 401, 413, 415, 429, 500), ErrorAnswer
)
BODY = {
    "required": True,
    "content": {"application/json": {"schema": UploadRequest.model_json_schema()}},
}

router = Router(tags=["Files"])


def add_refusals(api: NinjaAPI) -> None:
    """Bodies that are read by `long_object`."""
    api.add_exception_handler(TooLong, too_long)
    api.add_exception_handler(NotAnObject, not_an_object)


@router.post(
    "/upload",
    response=ANSWERS,
    summary="Upload a file",
    openapi_extra={"requestBody": BODY},
)
def upload(request: AuthorizedRequest) -> UploadAnswer | ErrorResponse:
    """Keep a file that an address gives or that the body has in base64.

    Images (jpg jpeg png gif webp bmp svg) and documents (pdf doc docx txt ppt pptx xls xlsx csv)
    may have 10 MB, audio (mp3 wav flac aac ogg m4a) 50 MB, video (mp4 avi mov wmv flv webm mkv)
    100 MB. The content must be what the extension says.
    """
    buckets.count_upload(request, request.auth)
    with long_object(request, {"file_data"}, MAX_BODY_BYTES) as body:
        try:
            payload = UploadRequest.model_validate(body)
        except pydantic.ValidationError as error:
            return invalid(error)
        if payload.absent:
            return missing(payload.absent)
        return _kept(request, payload)


def _kept(request: AuthorizedRequest, payload: UploadRequest) -> UploadAnswer | ErrorResponse:
    data = payload.file_data
    source = payload.file_url or (data.pieces() if isinstance(data, LongText) else data)
    try:
        file = services.accept(
            request.auth,
            source,
            category=CATEGORIES[payload.file_type],
            name="" if payload.file_url else payload.file_name or "",
        )
    except FilesError as error:
        return refused(error, "file_url" if payload.file_url else "file_data")
    return uploaded(file, payload.file_type)


def refused(error: FilesError, field: str) -> ErrorResponse:
    """What a file that is not taken is answered with; on these routes bad fields are 400."""
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), None)
    if code is None:
        raise error
    status = 400 if code is Code.VALIDATION_ERROR else 0
    return render(Failure(code, str(error), status=status, details={"field": field}))


def invalid(error: pydantic.ValidationError) -> ErrorResponse:
    first: dict[str, Any] = {**error.errors()[0]}
    field = ".".join(map(str, first["loc"]))
    message = sentence({**first, "loc": ("body", "payload", *first["loc"])})
    return render(Failure(Code.VALIDATION_ERROR, message, status=400, details={"field": field}))


def missing(field: str) -> ErrorResponse:
    message = f"Missing required field: {field}"
    return render(Failure(Code.MISSING_PARAM, message, details={"field": field}))


def too_long(request: HttpRequest, error: Any) -> ErrorResponse:
    message = f"The body is larger than {error.limit_bytes} bytes"
    return render(Failure(Code.FILE_TOO_LARGE, message))


def not_an_object(request: HttpRequest, error: Any) -> ErrorResponse:
    message = "The body is not valid JSON, or no JSON object"
    return render(Failure(Code.VALIDATION_ERROR, message, status=400))
