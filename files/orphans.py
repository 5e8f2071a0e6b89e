"""Bytes that no row speaks of any more, as of an account that has been deleted."""

from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from files.models import Category, File

FOLDER = "assets"
ORPHANED_FOR = timedelta(days=1)
NAMES_AT_ONCE = 500


def forget_orphans(now: datetime | None = None) -> int:
    """Delete them; returns how many files that were.

    What is younger than a day may still be on its way to its row.
    """
    before = (now or timezone.now()) - ORPHANED_FOR
    orphans = [
        name
        for category in Category.values
        for name in _unknown(_stored(f"{FOLDER}/{category}"))
        if default_storage.get_modified_time(name) < before
    ]
    for name in orphans:
        default_storage.delete(name)
    return len(orphans)


def _stored(folder: str) -> list[str]:
    try:
        _, found = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return [f"{folder}/{each}" for each in found]


def _unknown(names: list[str]) -> list[str]:
    known: set[str] = set()
    for at in range(0, len(names), NAMES_AT_ONCE):
        rows = File.objects.filter(name__in=names[at : at + NAMES_AT_ONCE])
        known.update(rows.values_list("name", flat=True))
    return [name for name in names if name not in known]
