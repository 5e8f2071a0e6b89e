"""Keys that Parley makes for itself and keeps in the data folder, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def kept_key(folder: Path, name: str) -> str:
    """The key in `folder`/`name`, made on first use; two processes at once get the same one.

    Raises:
        ImproperlyConfigured: when the folder cannot be written or the file holds no key.
    """
    place = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not place.exists():
            _make(place)
        place.chmod(0o600)
        key = place.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"PARLEY_DATA_DIR: {place} cannot be kept there ({error.strerror}).\n"
            "  Choose a folder that this user may write, or mend its permissions."
        ) from error
    if len(key) < 32:
        raise ImproperlyConfigured(
            f"{place} holds no key. Delete it and a new one is made; console sessions and "
            "tokens that the old one signed end with it."
        )
    return key


def _make(place: Path) -> None:
    """Write a whole file first and link it into place, so that nobody reads half a key."""
    # Not by the process id: threads share one, and so do containers over one folder.
    draft = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, place)
        except FileExistsError:
            return
    finally:
        draft.unlink()
