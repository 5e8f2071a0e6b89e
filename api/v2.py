"""The REST interface under /v2: what an account has, below the account's own address."""

from csp.decorators import csp
from ninja import NinjaAPI, Swagger

from api import api_secrets, providers
from api.auth import BearerSecret, SecretHeader
from api.docs_policy import DOCS_POLICY
from api.handlers import add_handlers
from api.sessions import router

api = NinjaAPI(
    title="Parley",
    version="2",
    description="What an account has: its visits, to list, read, end, export and erase, its own "
    "providers and its API secrets. `uid` is the `user_id` that `GET /v1/me` answers. Every call "
    "carries the account's API secret in the header `api-secret`, or as a bearer token.",
    urls_namespace="v2",
    auth=[SecretHeader(), BearerSecret()],
    docs=Swagger(settings={"validatorUrl": None, "tryItOutEnabled": True}),
    docs_decorator=csp(DOCS_POLICY),
)
add_handlers(api)
api.add_router("/{uid}", router)
api.add_router("/{uid}/providers", providers.router)
api.add_router("/{uid}/api-secrets", api_secrets.router)
providers.add_refusals(api)
