"""Speech as a service: the voices that there are, and texts spoken in them."""

from typing import Annotated, Any, Literal

from asgiref.sync import async_to_sync
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from agents.models import LANGUAGE
from api import sound
from api.auth import AuthorizedRequest
from api.schemas import MAX_MODEL_CHARS, ErrorAnswer, leave_out_nulls, number_between, storable
from tokens import limits
from voice.errors import SynthesisError
from voice.service import Order, SpeechService
from voice.sound import Encoding

SERVICE = "parley.speech"
"""Where in a request's META the process's SpeechService is."""
MAX_CHARS = 5_000
MAX_VOICE_CHARS = 100
DEFAULT_VOICE = "M1"

router = Router(tags=["Speech"])

Format = Literal["wav", "pcm_s16le"]
ResponseFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]


def _text(value: object) -> str:
    if not (isinstance(value, str) and value.strip() and storable(value)):
        raise ValueError("must be a text that is not empty")
    if len(value.strip()) > MAX_CHARS:
        raise ValueError(f"has {len(value.strip())} characters; shorten it to at most {MAX_CHARS}")
    return value.strip()


def _voice(value: object) -> str:
    if isinstance(value, dict):  # OpenAI's form of a custom voice
        value = value.get("id")
    if not (isinstance(value, str) and 0 < len(value) <= MAX_VOICE_CHARS and storable(value)):
        raise ValueError("must be the id of a voice that GET /v1/voices names")
    return value


def _model(value: object) -> str:
    if not (isinstance(value, str) and len(value) <= MAX_MODEL_CHARS and storable(value)):
        raise ValueError("must be a model's name, such as tts-1; leave it out")
    return value


def _language(value: object) -> str:
    if not (isinstance(value, str) and len(value) <= 35 and LANGUAGE.fullmatch(value)):
        raise ValueError("must be a language's tag, such as en or en-GB")
    return value


def _one_of(*choices: str) -> BeforeValidator:
    def check(value: object) -> object:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return BeforeValidator(check)


Text = Annotated[str, BeforeValidator(_text)]
Voice = Annotated[
    str,
    BeforeValidator(_voice),
    Field(description="A voice's id, or another name that stands for one: see GET /v1/voices."),
]


class TtsRequest(BaseModel):
    """`null` counts as left out."""

    model_config = ConfigDict(title="TtsRequest")

    text: Annotated[Text, Field(description=f"At most {MAX_CHARS} characters.")]
    voice: Voice = DEFAULT_VOICE
    language: Annotated[str, BeforeValidator(_language), Field(examples=["en"])] = "en"
    speed: Annotated[float, number_between(0.7, 2.0), Field(description="0.7 to 2")] = 1.05
    format: Annotated[Format, _one_of("wav", "pcm_s16le")] = "wav"
    stream: Annotated[bool, Field(description="Send the sound while it is made.")] = False

    _nulls = model_validator(mode="before")(leave_out_nulls)


class SpeechRequest(BaseModel):
    """OpenAI's shape; `null` counts as left out, `model` is taken and has no effect."""

    model_config = ConfigDict(title="SpeechRequest")

    input: Annotated[
        Text,
        Field(
            validation_alias=AliasChoices("input", "text"),
            description=f"At most {MAX_CHARS} characters.",
        ),
    ]
    model: Annotated[str, BeforeValidator(_model), Field(examples=["tts-1"])] = ""
    voice: Annotated[Voice, WithJsonSchema({"type": "string"})] = DEFAULT_VOICE
    response_format: Annotated[
        ResponseFormat, _one_of("mp3", "opus", "aac", "flac", "wav", "pcm")
    ] = "mp3"
    speed: Annotated[float, number_between(0.25, 4.0), Field(description="0.25 to 4")] = 1.0
    stream_format: Annotated[Literal["audio"], _one_of("audio")] = "audio"

    _nulls = model_validator(mode="before")(leave_out_nulls)


class VoiceData(BaseModel):
    id: str
    kind: Literal["voice", "alias"]
    speaks_as: str
    gender: str
    provider: str


class VoicesAnswer(BaseModel):
    voices: list[VoiceData]


REFUSALS: dict[Any, Any] = dict.fromkeys((400, 401, 402, 404, 413, 422, 429, 500, 503), ErrorAnswer)


def _sound_of(*names: str) -> dict[str, Any]:
    """The description of an answer that is sound."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = {sound.MEDIA_TYPES[name]: binary for name in names}
    return {"responses": {200: {"description": "The sound", "content": content}}}


@router.get(
    "/voices",
    response={200: VoicesAnswer} | dict.fromkeys((401, 429, 500), ErrorAnswer),
    summary="List the voices",
)
def voices(request: AuthorizedRequest) -> VoicesAnswer:
    """The voices of this server, and the names of other services' that stand for them."""
    service = _service(request)
    offered = service.offered() if service is not None else []
    return VoicesAnswer(
        voices=[
            VoiceData(
                id=each.id,
                kind=each.kind,
                speaks_as=each.speaks_as,
                gender=each.gender,
                provider=each.provider,
            )
            for each in offered
        ]
    )


@router.post(
    "/tts",
    response=REFUSALS,
    openapi_extra=_sound_of("wav", "pcm_s16le"),
    summary="Speak a text",
)
def tts(request: AuthorizedRequest, payload: TtsRequest) -> StreamingHttpResponse:
    """Mono, 16 bit, 24 kHz: as a WAV file, or the bare samples, little-endian."""
    order = Order(
        text=payload.text,
        voice=payload.voice,
        language=payload.language,
        speed=payload.speed,
        encoding="pcm",
        user_id=request.auth.uid,
    )
    return _spoken(request, order, payload.format, stream=payload.stream)


@router.post(
    "/audio/speech",
    response=REFUSALS,
    openapi_extra=_sound_of("mp3", "opus", "aac", "flac", "wav", "pcm"),
    summary="Speak a text (OpenAI's shape)",
)
def audio_speech(request: AuthorizedRequest, payload: SpeechRequest) -> StreamingHttpResponse:
    """What clients of OpenAI's interface send; the sound comes while it is made."""
    encodings: dict[str, Encoding] = {
        "mp3": "mp3",
        "opus": "opus",
        "aac": "aac",
        "flac": "flac",
    }
    order = Order(
        text=payload.input,
        voice=payload.voice,
        language="en",
        speed=payload.speed,
        encoding=encodings.get(payload.response_format, "pcm"),
        user_id=request.auth.uid,
    )
    return _spoken(request, order, payload.response_format, stream=True)


def _spoken(
    request: AuthorizedRequest, order: Order, name: str, *, stream: bool
) -> StreamingHttpResponse:
    limits.check_balance(request.auth)
    service = _service(request)
    if service is None:
        raise SynthesisError("this process serves no speech")
    speech = async_to_sync(service.begin)(order)
    return sound.streamed(speech, name) if stream else sound.whole(speech, name)


def _service(request: HttpRequest) -> SpeechService | None:
    """What speaks in this process; None where it is none that `serve` has put together."""
    found = request.META.get(SERVICE)
    return found if isinstance(found, SpeechService) else None
