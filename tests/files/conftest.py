from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.factories import make_account
from tests.files.serving import Origin, serving
from tokens.models import Account


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


@pytest.fixture
def loopback(settings: Settings) -> None:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True


@pytest.fixture
def origin() -> Iterator[Origin]:
    with serving() as running:
        yield running
