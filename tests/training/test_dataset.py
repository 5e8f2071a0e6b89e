"""The crops that training draws: what is changed in them, and what must stay."""

import numpy as np
import pytest

from avatar.mel import BANDS, TINY
from training import dataset


def test_cut_pauses_have_no_sound_and_speech_keeps_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dataset, "CUT_SHARE", 1.0)
    said = np.zeros((40, 200), np.int8)
    said[:, 60:100] = 5
    said[20:, :10] = 3
    powers = np.zeros((40, 400, BANDS), np.float32)
    shown = dataset.cut(powers.copy(), said, np.random.default_rng(1))
    silent = (shown == np.float32(np.log(TINY))).all(axis=2)
    spoken = np.repeat(said != 0, 2, axis=1)
    assert not (silent & spoken).any()
    assert (silent | (shown == 0).all(axis=2)).all()
    assert silent[:, 60:80].all()
    assert silent[:, 240:].all()
    heard_before = [int(np.flatnonzero(row[:120])[-1]) for row in silent]
    assert len(set(heard_before)) > 10
    monkeypatch.setattr(dataset, "CUT_SHARE", 0.0)
    assert not dataset.cut(powers.copy(), said, np.random.default_rng(1)).any()
