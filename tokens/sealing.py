"""Texts that are stored and must be read again, encrypted with the installation's own keys."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from tokens.errors import SealBroken


def seal(text: str) -> str:
    """`text`, encrypted and authenticated, as ASCII."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed.

    Raises:
        SealBroken: none of PARLEY_STORAGE_KEYS opens it.
    """
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken("PARLEY_STORAGE_KEYS lacks the key that this was sealed with") from None


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(_key(text)) for text in settings.PARLEY_STORAGE_KEYS])


def _key(text: str) -> bytes:
    """Fernet's 32 bytes from a key of any length; it is random, so one hash is enough."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
