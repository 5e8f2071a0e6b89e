"""Signing in, and guessing at it."""

import pytest
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from tokens.models import Account

LOGIN = "/console/login/"


def try_password(password: str, address: str = "192.0.2.7") -> HttpResponseBase:
    fields = {"username": "root", "password": password}
    return Client(REMOTE_ADDR=address).post(LOGIN, fields)


def test_guessing_a_password_is_slowed_down(
    superuser: Account, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PARLEY_RATE_AUTH_FAILURES = "3/hour"
    looked_at: list[str] = []

    def looking(request: HttpRequest, username: str, password: str) -> object:
        looked_at.append(password)
        return authenticate(request, username=username, password=password)

    monkeypatch.setattr("django.contrib.auth.forms.authenticate", looking)
    for number in range(5):
        answer = try_password(f"guess {number}")
    assert looked_at == ["guess 0", "guess 1", "guess 2"]
    page = Client(REMOTE_ADDR="192.0.2.7").post(LOGIN, {"username": "root", "password": "root"})
    assert b"Too many tries from your network. Try again in " in page.content
    assert answer.status_code == 200
    assert try_password("root", address="198.51.100.1").status_code == 302, "others are let in"
