"""Which voices speak how long, and how their sentences become clips with labels."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatar.mel import HOP, WINDOW, Spectrum
from training import augment, espeak, festival, people, texts
from training.labels import articulation, visemes
from training.phones import Item, face_phones, from_arpabet
from training.sound import RATE_HZ, Sound, from_pcm
from training.utterance import Utterance, utterance
from training.voices import (
    ESPEAK_MINUTES,
    FESTIVAL_MINUTES,
    FLITE_MINUTES,
    PEOPLE_MINUTES,
    VALIDATION_FESTIVAL,
    VALIDATION_VARIANTS,
    VARIANTS,
)
from voice.errors import SynthesisError
from voice.offline.flite import Flite

SENTENCE_S = 3.3
CLIP_S = 20.0
CLEAN_SHARE = 0.7
COPIES = 3
CROWD_SHARE = 0.04
QUIET_DB = 31.0
QUIETER_SENTENCE_DB = 8.0
SHORT_GAP_S, LONG_GAP_S = (0.05, 0.9), (0.9, 2.5)
LONG_GAP_SHARE = 0.12
BREATH_SHARE = 0.3
BREATH_DB = (16.0, 40.0)


@dataclass(frozen=True, slots=True)
class Job:
    """What one voice (of a synthesiser) or language (of espeak-ng) is to say."""

    engine: str
    voice: str
    minutes: float
    seed: int
    variants: tuple[str, ...] = VARIANTS
    parts: tuple[int, ...] = tuple(
        p for p in range(texts.PARTS) if p not in (texts.TEST_PART, texts.VALIDATION_PART)
    )


@dataclass(frozen=True, slots=True)
class Clip:
    """Some sentences on end: sound, and what is said in it."""

    sound: Sound
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """Log band powers (2 n, 80) float16; articulation (n, 6) float16 and visemes (n,) at 50 Hz."""

    powers: NDArray[np.float16]
    articulation: NDArray[np.float16]
    visemes: NDArray[np.int8]


def jobs(share: float, seed: int) -> list[Job]:
    """All that is trained on, the minutes times ``share``."""
    plan = [
        *(("people", voice, minutes) for voice, minutes in PEOPLE_MINUTES.items()),
        *(("espeak", voice, minutes) for voice, minutes in ESPEAK_MINUTES.items()),
        *(("flite", voice, minutes) for voice, minutes in FLITE_MINUTES.items()),
        *(("festival", voice, minutes) for voice, minutes in FESTIVAL_MINUTES.items()),
    ]
    return [
        Job(engine, voice, minutes * share, seed + i)
        for i, (engine, voice, minutes) in enumerate(plan)
    ]


def validation_jobs(minutes: float, seed: int) -> list[Job]:
    """What thresholds are chosen by: neither trained on nor tested, voices nor sentences."""
    part = (texts.VALIDATION_PART,)
    spoken = [Job("espeak", "en-us", minutes, seed, VALIDATION_VARIANTS, part)]
    return spoken + [
        Job("festival", name, minutes, seed + 1 + i, (), part)
        for i, name in enumerate(VALIDATION_FESTIVAL)
    ]


def sentences(job: Job, rng: np.random.Generator) -> Iterator[str]:
    """Texts in the voice's language, of the job's parts, enough of them."""
    language = festival.VOICES[job.voice][1] if job.engine == "festival" else job.voice[:2]
    if job.engine == "flite" or language == "en":
        source: Iterable[str] = texts.english(rng, texts.dictionary())
    else:
        found = texts.foreign(language)
        source = [found[i] for i in rng.permutation(len(found))]
    fitting = (text for text in source if texts.part(text) in job.parts)
    for _, text in zip(range(int(job.minutes * 60 / SENTENCE_S) + 1), fitting, strict=False):
        yield text


def spoken(job: Job) -> Iterator[Utterance]:
    """The job's sentences in its voice; none where the synthesiser lacks it."""
    rng = np.random.default_rng(job.seed)
    if job.engine == "people":
        yield from _some(people.speak(job.voice), job.minutes, rng)
        return
    said = list(sentences(job, rng))
    if job.engine == "espeak":
        yield from _by_espeak(job, said, rng)
    elif job.engine == "flite":
        yield from _by_flite(job, said)
    elif job.voice in festival.installed():
        for third in range(3):
            stretch = (0.9, 1.0, 1.15)[third]
            yield from festival.speak(said[third::3], job.voice, stretch)


def clips(job: Job, rng: np.random.Generator) -> Iterator[Clip]:
    """Sentences with pauses between them, about CLIP_S long, clean and at one level."""
    together: list[Utterance] = []
    for one in spoken(job):
        together.append(one)
        if sum(u.seconds for u in together) > CLIP_S:
            yield joined(together, rng)
            together = []
    if together:
        yield joined(together, rng)


def joined(utterances: Iterable[Utterance], rng: np.random.Generator, spread: float = 0.0) -> Clip:
    """Utterances on one timeline with pauses between them, 50 to 900 ms.

    With a ``spread`` as people say them: faster or slower by so much, louder or quieter, now and
    then with a longer pause or a breath.
    """
    sounds: list[Sound] = []
    items: list[Item] = []
    at_s = 0.0
    for one in utterances:
        sound, said = from_pcm(one.pcm, RATE_HZ), list(one.items)
        peak = 0.5
        if spread:
            peak *= 10 ** (-rng.uniform(0.0, QUIETER_SENTENCE_DB) / 20)
            if rng.random() < 0.7:
                sound, said = augment.warped(sound, one.items, rng, spread)
        gap = _lively_gap(rng) if spread else _silence(rng.uniform(*SHORT_GAP_S))
        start_s = at_s + len(gap) / RATE_HZ
        items.append(("sil", at_s, start_s))
        items += [(name, start_s + a, start_s + b) for name, a, b in said]
        sounds += [gap, sound * np.float32(peak / (float(np.abs(sound).max()) + 1e-3))]
        at_s = start_s + len(sound) / RATE_HZ
        items.append(("sil", max(at_s, items[-1][2]), at_s + 0.001))
    return Clip(np.concatenate(sounds), tuple(items))


def examples(job: Job) -> Iterator[Example]:
    """Each clip as it is (or nearly), and by other throats in other rooms; crowds now and then."""
    rng = np.random.default_rng(job.seed + 10_000)
    spectrum = Spectrum()
    waiting: list[Utterance] = []
    former: Sound = np.zeros(RATE_HZ, np.float32)
    for one in spoken(job):
        waiting.append(one)
        if sum(u.seconds for u in waiting) < CLIP_S:
            continue
        plain = joined(waiting, rng, 0.06)
        yield example(plain if rng.random() > CLEAN_SHARE else _plainer(plain, rng), spectrum)
        for _ in range(COPIES - 1):
            other = joined(waiting, rng, 0.15)
            changed = augment.degraded(other.sound, np.resize(former, len(other.sound)), rng)
            yield example(_at_some_level(replace(other, sound=changed), rng), spectrum)
        if rng.random() < CROWD_SHARE * COPIES:
            yield example(_at_some_level(_nobody(augment.crowd(plain.sound, rng)), rng), spectrum)
        former, waiting = plain.sound, []


def silent_examples(count: int, seed: int) -> Iterator[Example]:
    """Clips in which nobody speaks."""
    rng = np.random.default_rng(seed)
    spectrum = Spectrum()
    for _ in range(count):
        clip = _nobody(augment.no_speech(int(CLIP_S * RATE_HZ), rng))
        yield example(_at_some_level(clip, rng), spectrum)


def example(clip: Clip, spectrum: Spectrum) -> Example:
    """What the network is shown of a clip, and what it shall say."""
    count = len(clip.sound) // (2 * HOP)
    padded = np.pad(clip.sound, (WINDOW // 2, WINDOW // 2))
    powers = spectrum.powers(padded)[: 2 * count]
    return Example(
        powers.astype(np.float16),
        articulation(clip.items, count).astype(np.float16),
        visemes(clip.items, count),
    )


def _nobody(sound: Sound) -> Clip:
    """Sound in which no near voice speaks."""
    return Clip(sound, (("sil", 0.0, len(sound) / RATE_HZ),))


def _silence(seconds: float) -> Sound:
    return np.zeros(int(seconds * RATE_HZ), np.float32)


def _lively_gap(rng: np.random.Generator) -> Sound:
    """A pause between a person's sentences, perhaps with a breath."""
    out = _silence(rng.uniform(*(LONG_GAP_S if rng.random() < LONG_GAP_SHARE else SHORT_GAP_S)))
    if len(out) > 0.3 * RATE_HZ and rng.random() < BREATH_SHARE:
        count = int(len(out) * rng.uniform(0.4, 0.9))
        first = int(rng.integers(len(out) - count))
        gain = 0.5 * 10 ** (-rng.uniform(*BREATH_DB) / 20)
        out[first : first + count] = augment.breath(count, rng) * np.float32(gain)
    return out


def _plainer(clip: Clip, rng: np.random.Generator) -> Clip:
    sound = augment.equalised(clip.sound, rng, 4.0)
    sound = augment.mixed(sound, augment.noise(len(sound), rng), rng.uniform(30.0, 60.0))
    return _at_some_level(replace(clip, sound=sound), rng)


def _at_some_level(clip: Clip, rng: np.random.Generator) -> Clip:
    gain = np.float32(10 ** (-rng.uniform(0.0, QUIET_DB) / 20))
    return replace(clip, sound=clip.sound * gain)


def _some(
    utterances: Iterable[Utterance], minutes: float, rng: np.random.Generator
) -> Iterator[Utterance]:
    """So much in any order: letters and numbers come one after the other otherwise."""
    found = list(utterances)
    seconds = 0.0
    for i in rng.permutation(len(found)):
        if seconds > 60 * minutes:
            return
        seconds += found[i].seconds
        yield found[i]


def _by_espeak(job: Job, said: list[str], rng: np.random.Generator) -> Iterator[Utterance]:
    """Runs of some sentences by one variant each, as a clip has one speaker."""
    with espeak.running() as engine:
        for first in range(0, len(said), 7):
            variant = str(rng.choice(np.array(job.variants)))
            manner = espeak.Manner(
                f"{job.voice}+{variant}" if variant else job.voice,
                int(rng.integers(120, 245)),
                int(rng.integers(25, 75)),
                int(rng.integers(20, 80)),
            )
            for text in said[first : first + 7]:
                one = engine.speak(text, manner)
                if one is not None:
                    yield one


def _by_flite(job: Job, said: list[str]) -> Iterator[Utterance]:
    flite = Flite()
    for text in said:
        with contextlib.suppress(SynthesisError, UnicodeEncodeError):
            made = flite.synthesise(text, job.voice)
            items = from_arpabet(face_phones(made.phones))
            yield utterance(made.pcm, made.sample_rate, items, f"flite {job.voice}")
