"""What can be wrong with a secret, a token or a limit; each is a `TokensError`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """A limit, what is left of it, and the Unix time at which it is whole again."""

    limit: int
    remaining: int
    resets_at: int


class TokensError(Exception):
    """Root of everything that tokens/ raises."""


class SecretRefused(TokensError):
    """An API secret does not open an account; the subclasses say why."""


class SecretMissing(SecretRefused):
    pass


class SecretInvalid(SecretRefused):
    """Unknown or revoked; which of the two is not told."""


class AccountSuspended(SecretRefused):
    pass


class TokenInvalid(TokensError):
    """Not a token that this installation signed, or one with claims missing."""


class TokenExpired(TokensError):
    pass


class TokenForOtherAgent(TokenInvalid):
    """A sound token, presented to an agent that it was not minted for."""


class BalanceSpent(TokensError):
    """The account has no minutes left."""


class StorageSpent(TokensError):
    """The account keeps as much as it may; the message is made for people."""


class RateLimited(TokensError):
    """Too many calls; the next may succeed after `retry_after_s` seconds (at least 1)."""

    def __init__(self, retry_after_s: int, window: Window | None = None) -> None:
        super().__init__(f"retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s
        self.window = window


class SealBroken(TokensError):
    """What is stored cannot be read with the keys that this installation has."""
