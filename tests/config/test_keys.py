import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.keys import kept_key


def test_a_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    key = kept_key(folder, "secret.key")
    assert len(key) >= 48
    assert kept_key(folder, "secret.key") == key
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["secret.key"]


def test_a_key_that_others_could_read_is_closed(tmp_path: Path) -> None:
    place = tmp_path / "secret.key"
    place.write_text("k" * 48)
    place.chmod(0o644)
    assert kept_key(tmp_path, "secret.key") == "k" * 48
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_starts_at_the_same_time_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: kept_key(tmp_path, "secret.key"), range(16)))
    assert len(keys) == 1


def test_a_spoilt_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("\n")
    with pytest.raises(ImproperlyConfigured, match=r"secret\.key holds no key. Delete it"):
        kept_key(tmp_path, "secret.key")


def test_a_folder_that_cannot_be_made_is_told_by_its_variable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="PARLEY_DATA_DIR"):
        kept_key(tmp_path / "file" / "var", "secret.key")
