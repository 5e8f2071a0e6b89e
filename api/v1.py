"""The REST interface under /v1."""

from csp.decorators import csp
from django.http import HttpResponse
from ninja import NinjaAPI, Swagger

from agents import selectors
from api import agents, dynamics, files, generation, gestures, knowledge, me, speak, tts, webhooks
from api.auth import AuthorizedRequest, BearerSecret, SecretHeader
from api.docs_policy import DOCS_POLICY
from api.handlers import VALIDATE, add_handlers
from api.schemas import (
    EmbedTokenAnswer,
    EmbedTokenData,
    EmbedTokenRequest,
    ErrorAnswer,
    InvalidSecretAnswer,
    ValidAnswer,
)
from rtc import services
from tokens import limits

api = NinjaAPI(
    title="Parley",
    version="1",
    description="Mint tokens for the visitors of a talking avatar, make it speak, and tell it what "
    "it should know. Every call carries the account's API secret in the header `api-secret`, or as "
    "a bearer token; call it from your server, never from a page.",
    urls_namespace="v1",
    auth=[SecretHeader(), BearerSecret()],
    docs=Swagger(settings={"validatorUrl": None, "tryItOutEnabled": True}),
    docs_decorator=csp(DOCS_POLICY),
)
add_handlers(api)
api.add_router("/agents", agents.listing)
api.add_router("/agent", generation.router)
api.add_router("/agent", agents.router)
api.add_router("/agent", speak.router)
api.add_router("/agent", gestures.router)
api.add_router("/dynamics", dynamics.router)
api.add_router("/files", files.router)
api.add_router("/agent", knowledge.of_agents)
api.add_router("/knowledge", knowledge.router)
api.add_router("/me", me.router)
api.add_router("", tts.router)
api.add_router("/webhooks", webhooks.router)
files.add_refusals(api)
webhooks.add_refusals(api)
knowledge.add_refusals(api)


@api.post(
    "/validate",
    url_name=VALIDATE,
    tags=["Tokens"],
    response={200: ValidAnswer, 401: InvalidSecretAnswer, 500: ErrorAnswer},
    summary="Check an API secret",
)
def validate(request: AuthorizedRequest) -> ValidAnswer:
    """Say whether the secret is good; a light call that also serves as a health check."""
    return ValidAnswer(account_id=request.auth.uid)


@api.post(
    "/embed-tokens/request",
    tags=["Tokens"],
    response={200: EmbedTokenAnswer}
    | dict.fromkeys((400, 401, 402, 404, 409, 413, 422, 429, 500), ErrorAnswer),
    exclude_none=True,
    summary="Mint a visitor's token",
)
def request_embed_token(
    request: AuthorizedRequest, payload: EmbedTokenRequest, response: HttpResponse
) -> EmbedTokenAnswer:
    """Mint the token of one visit: it opens one agent, once, within the hour."""
    agent = selectors.mintable(request.auth, payload.agent_id)
    limits.check_balance(request.auth)
    limits.count_mint(request.auth, payload.fingerprint)
    model = selectors.model_for(payload.model or "")
    visit = services.mint_visit(
        account=request.auth,
        agent=agent,
        fingerprint=payload.fingerprint,
        model=model,
        ttl_s=payload.ttl_seconds,
        context=payload.context,
    )
    response["Cache-Control"] = "no-store"
    return EmbedTokenAnswer(
        data=EmbedTokenData(
            token=visit.token,
            sid=visit.sid,
            expires_in=payload.ttl_seconds,
            expires_at=visit.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            supported_models=list(selectors.MODELS),
            model=model if payload.model else None,
        )
    )
