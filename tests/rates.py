"""Rates are counted in windows that the clock gives; a test wants to be in one of them."""

import pytest

from tokens import limits

WINDOW_S = 60


def begin_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the limits' clock stand at the beginning of a minute, and go on from there."""
    now_s = limits.now_s
    ahead_s = WINDOW_S - now_s() % WINDOW_S
    monkeypatch.setattr(limits, "now_s", lambda: now_s() + ahead_s)
