"""The two headers that carry an API secret."""

from django.http import HttpRequest
from ninja.security import APIKeyHeader, HttpBearer

from api import buckets
from tokens import services
from tokens.models import Account


class SecretHeader(APIKeyHeader):
    """`api-secret: <secret>`."""

    param_name = "api-secret"

    def authenticate(self, request: HttpRequest, key: str | None) -> Account | None:
        return _opened(request, key) if key else None


class BearerSecret(HttpBearer):
    """`Authorization: Bearer <secret>`, read where there is no api-secret header."""

    def authenticate(self, request: HttpRequest, token: str) -> Account | None:
        return _opened(request, token) if token else None


class AuthorizedRequest(HttpRequest):
    """A request that one of the two has let through."""

    auth: Account


def _opened(request: HttpRequest, secret: str) -> Account:
    account = services.authenticate(secret)
    buckets.count_secret(request, secret)
    return account
