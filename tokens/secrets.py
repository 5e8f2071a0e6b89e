"""The shape of an API secret: `sk_` and 32 random bytes, looked up by prefix and SHA-256.

The bytes are uniformly random, so a fast hash loses nothing, and a slow one could not
authenticate hundreds of requests a second.
"""

import hashlib
import hmac
import secrets

MARK = "sk_"
RANDOM_BYTES = 32
PREFIX_LENGTH = len(MARK) + 8


def new_secret() -> str:
    return MARK + secrets.token_urlsafe(RANDOM_BYTES)


def prefix_of(secret: str) -> str:
    """The part that is kept in the clear, to find the row by and to tell secrets apart."""
    return secret[:PREFIX_LENGTH]


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, digest: str) -> bool:
    return hmac.compare_digest(digest_of(secret), digest)
