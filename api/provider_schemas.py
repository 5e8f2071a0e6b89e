"""Bodies about an account's own providers; their field names are the wire contract's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from agents.entries import Entry
from agents.models import Provider
from agents.selectors import key_problem
from api.schemas import leave_out_nulls, storable

API_KEY = "apiKey"


def _text(value: object) -> str:
    if not (isinstance(value, str) and storable(value)):
        raise ValueError("must be a text")
    return value.strip()


def _key(value: object) -> str:
    """A key; its mask, as answers have it, is no new one."""
    return "" if isinstance(value, dict) else _text(value)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return value


def _secrets(value: object) -> list[str]:
    if not isinstance(value, list) or any(each != API_KEY for each in value):
        raise ValueError(f"must be a list of names of secrets; there is {API_KEY} alone")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Object = Annotated[dict[str, Any], BeforeValidator(_object)]


class CredentialsRequest(BaseModel):
    model_config = ConfigDict(title="CredentialsRequest")

    apiKey: Annotated[  # noqa: N815 # the wire contract's name
        str,
        BeforeValidator(_key),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
        Field(description="Left out, or as an answer masks it: the stored one stays."),
    ] = ""
    baseUrl: Annotated[  # noqa: N815 # the wire contract's name
        Text, Field(description="Where the service is; left out: OpenAI's own address.")
    ] = ""

    _nulls = model_validator(mode="before")(leave_out_nulls)


class EntryRequest(BaseModel):
    model_config = ConfigDict(title="ProviderRequest")

    id: Annotated[Text, Field(description="Of a provider that there is; left out: a new one.")] = ""
    platform: Annotated[
        Text, Field(description="`openai`: any service that speaks OpenAI's protocol.")
    ] = Provider.Platform.OPENAI.value
    label: Text = ""
    credentials: CredentialsRequest = CredentialsRequest()
    options: Annotated[
        Object,
        Field(
            description="`stt`, `llm`, `tts`: for each stage that it serves the `model`, and "
            "for `llm` a `temperature`, for `tts` a `voice`."
        ),
    ] = {}
    clearSecrets: Annotated[  # noqa: N815 # the wire contract's name
        list[str],
        BeforeValidator(_secrets),
        Field(description="Secrets to forget: `apiKey`."),
    ] = []
    metadata: Annotated[Object, Field(description="Yours, kept and given back.")] = {}

    _nulls = model_validator(mode="before")(leave_out_nulls)

    def entry(self) -> Entry:
        """As the service takes it."""
        return Entry(
            id=self.id,
            platform=self.platform,
            label=self.label,
            base_url=self.credentials.baseUrl,
            api_key=self.credentials.apiKey,
            clear_key=API_KEY in self.clearSecrets,
            options=self.options,
            metadata=self.metadata,
        )


class ProvidersRequest(BaseModel):
    model_config = ConfigDict(title="ProvidersRequest")

    entries: list[EntryRequest]


class SecretMask(BaseModel):
    """A stored secret; `hint` is its end. One that is not `readable` has to be given again."""

    present: bool
    hint: str
    updated_at: datetime | None
    readable: bool


class Credentials(BaseModel):
    apiKey: SecretMask  # noqa: N815 # the wire contract's name
    baseUrl: str  # noqa: N815 # the wire contract's name


class ProviderData(BaseModel):
    """`problem` says what its owner has to do; `used_by` are codes of agents."""

    id: str
    platform: str
    label: str
    credentials: Credentials
    options: dict[str, Any]
    metadata: dict[str, Any]
    trusted: bool
    problem: str
    used_by: list[str]
    created_at: datetime
    updated_at: datetime


class ProvidersData(BaseModel):
    entries: list[ProviderData]


class ProvidersAnswer(BaseModel):
    success: bool = True
    entries: list[ProviderData]
    data: ProvidersData


def provider_data(provider: Provider, used_by: Mapping[str, list[str]]) -> ProviderData:
    """A provider as answers show it, its key masked."""
    problem = key_problem(provider)
    mask = SecretMask(
        present=bool(provider.key_sealed),
        hint=provider.key_hint,
        updated_at=provider.key_set_at,
        readable=not problem,
    )
    return ProviderData(
        id=provider.uid,
        platform=provider.platform,
        label=provider.label,
        credentials=Credentials(apiKey=mask, baseUrl=provider.base_url),
        options=provider.options,
        metadata=provider.metadata,
        trusted=provider.trusted,
        problem=problem,
        used_by=used_by.get(provider.uid, []),
        created_at=provider.created_at,
        updated_at=provider.updated_at,
    )
