"""The network that listens: the same in a visit as on a whole clip, at any level."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar import AvatarError, Network, load_network
from avatar.articulation import JAW, PRESS
from avatar.listening import NetworkTrack
from avatar.network import MODEL, OUTPUTS, VISEMES, smoothed
from avatar.sound import Piece, SoundTrack
from tests.avatar.sounds import RATE_HZ, silence, voice


def syllables() -> NDArray[np.int16]:
    """Two seconds that change: vowels, hiss and pauses."""
    hiss = (np.random.default_rng(1).standard_normal(2000) * 900).astype(np.int16)
    parts = [silence(0.3), voice(0.3), hiss, voice(0.25), silence(0.2), hiss, voice(0.4)]
    return np.concatenate([*parts, silence(0.4)])


def as_floats(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    return pcm.astype(np.float32) / np.float32(32768)


@pytest.mark.parametrize("ahead_s", [0.0, 0.16])
@pytest.mark.parametrize("piece_s", [0.02, 0.04, 0.33])
def test_a_visit_hears_what_a_whole_clip_says(
    network: Network, piece_s: float, ahead_s: float
) -> None:
    pcm = syllables()
    wanted = network.articulations(network.describe(as_floats(pcm)))
    sound = SoundTrack()
    track = NetworkTrack(network, sound, ahead_s)
    step = round(piece_s * RATE_HZ)
    for first in range(0, len(pcm), step):
        sound.add(Piece(first / RATE_HZ, pcm[first : first + step], RATE_HZ))
        for i in range(first // 320, min(len(pcm), first + step) // 320):
            track.advance(max(0.0, i / 50 - 0.3))
    heard = []
    for i in range(len(wanted) - 1):
        heard.append(track.at(i / 50))
        sound.forget_before(i / 50)
        track.forget_before(i / 50)
    errors = np.abs(np.stack(heard)[:, JAW] - wanted[:-1, JAW])
    assert errors.max() < 0.02
    assert max(m[PRESS] for m in heard) == pytest.approx(wanted[:-1, PRESS].max(), abs=0.02)


def test_sound_that_ends_is_heard_to_its_end(network: Network) -> None:
    pcm = voice(0.6)
    sound = SoundTrack()
    track = NetworkTrack(network, sound)
    sound.add(Piece(0.0, pcm, RATE_HZ))
    assert track.at(0.58)[JAW] > 0.1


def test_speech_after_a_long_pause_is_heard_as_at_first(network: Network) -> None:
    sound = SoundTrack()
    track = NetworkTrack(network, sound)
    sound.add(Piece(0.0, voice(0.5), RATE_HZ))
    first = [track.at(i / 50) for i in range(10, 20)]
    track.clear()
    sound.clear()
    sound.add(Piece(70.0, voice(0.5), RATE_HZ))
    again = [track.at(70 + i / 50) for i in range(10, 20)]
    assert np.mean([m[JAW] for m in again]) == pytest.approx(
        np.mean([m[JAW] for m in first]), abs=0.15
    )


def test_quiet_speech_moves_the_mouth_like_loud_speech(network: Network) -> None:
    said = as_floats(syllables())
    said /= float(np.abs(said).max())
    loud, quiet = said * np.float32(10 ** (-11 / 20)), said * np.float32(10 ** (-31 / 20))
    shown = [network.describe(x)[:, VISEMES] for x in (loud, quiet)]
    assert np.corrcoef(shown[0], shown[1])[0, 1] > 0.9


@pytest.mark.parametrize("level_db", [0.0, -20.0])
def test_noise_before_the_first_word_is_not_taken_for_one(
    network: Network, level_db: float
) -> None:
    said = as_floats(np.concatenate([silence(0.8), voice(0.6, level=20_000.0)]))
    noise = np.random.default_rng(2).standard_normal(len(said)).astype(np.float32) * 0.02
    rows = network.describe((said + noise) * np.float32(10 ** (level_db / 20)))
    assert rows[:35, VISEMES].mean() < 0.1
    assert rows[45:60, VISEMES].mean() > 0.15


def test_the_network_that_ships_is_small() -> None:
    assert MODEL.stat().st_size <= 400_000


def test_outputs_are_shares(network: Network) -> None:
    rows = network.describe(as_floats(syllables()))
    assert rows.shape == (len(syllables()) // 320, OUTPUTS)
    assert rows.min() >= 0.0
    assert rows.max() <= 1.0
    assert rows[:, :VISEMES].sum(axis=1) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("data", [b"", b"onnx", b"\x08\x09" * 500], ids=["empty", "text", "noise"])
def test_a_damaged_network_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(data)
    with pytest.raises(AvatarError, match="network"):
        load_network(path)


def test_a_network_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.onnx"
    path.write_bytes(MODEL.read_bytes()[:100_000])
    with pytest.raises(AvatarError):
        load_network(path)


def test_a_missing_or_huge_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AvatarError, match="cannot be read"):
        load_network(tmp_path / "none.onnx")
    huge = tmp_path / "huge.onnx"
    with huge.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(AvatarError, match="larger"):
        load_network(huge)


@pytest.mark.parametrize("late", [0, 1])
def test_a_closure_is_spread_over_five_outputs_and_comes_so_much_later(late: int) -> None:
    values = np.zeros(20, np.float32)
    values[8] = 1.0
    out = smoothed(values, late)
    assert len(out) == len(values)
    assert out.argmax() == 8 + late
    assert np.count_nonzero(out) == 5
    assert out.sum() == pytest.approx(1.0)
    assert smoothed(np.ones(3, np.float32), late) == pytest.approx(1.0)
