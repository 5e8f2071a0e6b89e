"""What is kept, how it is refused, and that its bytes go with it."""

import base64
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from files import orphans, services
from files.errors import BadFile, FileTooLarge, UnsupportedType
from files.models import Category, File
from tests.factories import make_account
from tests.files.samples import PNG, png
from tokens.models import Account


def test_base64_and_data_addresses_are_kept_under_names_nobody_guesses(account: Account) -> None:
    text = base64.encodebytes(PNG).decode()
    files = [
        services.accept(account, text, category=None, name="Cat.PNG"),
        services.accept(account, f"data:image/png;base64,{text}", category=Category.IMAGE),
        services.accept(account, text, category=Category.IMAGE),
    ]
    for file in files:
        assert file.category == Category.IMAGE
        assert file.mime_type == "image/png"
        assert file.size_bytes == len(PNG)
        path = services.path_of(file)
        assert path.read_bytes() == PNG
        assert path.stat().st_mode & 0o077 == 0
    assert len({file.name for file in files}) == 3
    assert files[0].name.startswith("assets/image/")
    assert len(files[0].name.rpartition("_")[2]) == len("0123456789abcdefghijkl.png")


def test_nothing_is_kept_of_what_is_refused(account: Account) -> None:
    cases = [
        ("!!!", "a.png", BadFile),
        ("", "a.png", BadFile),
        (base64.b64encode(b"MZ" + bytes(200)).decode(), "a.png", UnsupportedType),
        (base64.b64encode(png(10_000, 10_000)).decode(), "a.png", FileTooLarge),
        (base64.b64encode(PNG).decode(), "a.exe", UnsupportedType),
        ("A" * 14_000_000, "a.png", FileTooLarge),
        ("data:text/plain,\ud800", "a.txt", BadFile),
        ("data:text/plain;base64,\ud800", "a.txt", BadFile),
    ]
    for source, name, error in cases:
        with pytest.raises(error):
            services.accept(account, source, category=None, name=name)
    assert not File.objects.exists()


def test_a_builders_own_is_kept_and_forgotten_on_commit(
    account: Account, tmp_path: Path, django_capture_on_commit_callbacks: object
) -> None:
    made = tmp_path / "face.avatar"
    made.write_bytes(b"PK" + bytes(1000))
    file = services.keep(account, made, category=Category.MODELS)
    assert services.public_url(file).endswith(f"/media/{file.name}")
    assert file.name.startswith("assets/models/")
    name = file.name
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator] # the fixture has no type
        with transaction.atomic():
            services.delete(file)
        assert default_storage.exists(name)
    assert not default_storage.exists(name)


def test_a_stream_is_kept(account: Account) -> None:
    file = services.store(account, io.BytesIO(b"a,b\n1,2\n"), "table.csv", category=None)
    assert (file.category, file.mime_type) == (Category.DOCS, "text/csv")


def test_bytes_that_no_row_speaks_of_go_after_a_day(account: Account) -> None:
    kept = services.store(account, io.BytesIO(b"words"), "a.txt", category=None)
    gone = services.store(make_account("bob"), io.BytesIO(b"words"), "b.txt", category=None)
    gone.account.delete()
    assert default_storage.exists(gone.name)
    orphans.forget_orphans()
    assert default_storage.exists(gone.name), "it may have been on its way to its row"
    orphans.forget_orphans(timezone.now() + timedelta(days=1, minutes=1))
    assert not default_storage.exists(gone.name)
    assert default_storage.exists(kept.name)
