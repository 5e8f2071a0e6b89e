"""What the network is tested on, and what its thresholds are chosen by."""

from pathlib import Path

import numpy as np

from training import augment, texts
from training.corpus import Clip, Job, clips, sentences, validation_jobs
from training.phones import face_phones, from_arpabet
from training.sound import RATE_HZ, from_pcm, read_wav, to_pcm
from training.voices import TEST_FLITE, TEST_VARIANTS
from voice.offline.aligner import Aligner

SEED = 7
ESPEAK_MINUTES, FLITE_MINUTES, VALIDATION_MINUTES = 5.0, 4.0, 2.5
PEAK = 10 ** (-1 / 20)


def espeak_voices() -> list[Clip]:
    """Sentences never trained on by espeak-ng's variants never trained on."""
    parts = (texts.TEST_PART,)
    job = Job("espeak", "en-us", ESPEAK_MINUTES, SEED, TEST_VARIANTS, parts)
    return list(clips(job, np.random.default_rng(SEED)))


def flite_voice() -> list[Clip]:
    """Sentences never trained on by flite's awb, a voice never trained on."""
    job = Job("flite", TEST_FLITE, FLITE_MINUTES, SEED, (), (texts.TEST_PART,))
    return list(clips(job, np.random.default_rng(SEED)))


def flite_texts() -> list[str]:
    """What awb says."""
    job = Job("flite", TEST_FLITE, FLITE_MINUTES, SEED, (), (texts.TEST_PART,))
    return list(sentences(job, np.random.default_rng(SEED)))


def validation() -> list[Clip]:
    """Voices and sentences for choosing thresholds; every second clip as of a bad microphone."""
    rng = np.random.default_rng(SEED)
    out: list[Clip] = []
    for job in validation_jobs(VALIDATION_MINUTES, SEED):
        for i, clip in enumerate(clips(job, rng)):
            former = np.resize(out[-1].sound if out else clip.sound[::-1], len(clip.sound))
            sound = augment.degraded(clip.sound, former, rng) if i % 2 else clip.sound
            out.append(Clip(sound, clip.items))
    return out


def human(folder: Path) -> list[Clip]:
    """Recordings of people (name.wav with its words in name.txt), aligned by pocketsphinx.

    Those that cannot be aligned are left out.
    """
    aligner = Aligner()
    out = []
    for path in sorted(folder.glob("*.wav")):
        pcm, rate_hz = read_wav(path.read_bytes())
        sound = from_pcm(pcm, rate_hz)
        phones = aligner.align(path.with_suffix(".txt").read_text(), to_pcm(sound))
        if phones is not None:
            out.append(Clip(sound, tuple(from_arpabet(face_phones(phones)))))
    return out


def at_level(clip: Clip, peak_db: float) -> Clip:
    """The clip with its peak at some dB below full scale."""
    peak = float(np.abs(clip.sound).max()) + 1e-9
    return Clip(clip.sound * np.float32(10 ** (peak_db / 20) / peak), clip.items)


def in_noise(clip: Clip, snr_db: float, seed: int) -> Clip:
    """The clip in pink noise."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(len(clip.sound)))
    hz = np.fft.rfftfreq(len(clip.sound), 1 / RATE_HZ) + 20.0
    pink = np.fft.irfft(spectrum / np.sqrt(hz), len(clip.sound)).astype(np.float32)
    return Clip(augment.mixed(clip.sound, pink, snr_db), clip.items)
