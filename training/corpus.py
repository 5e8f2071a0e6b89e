"""Which voices speak how long, and how their sentences become clips with labels."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatar.mel import HOP, WINDOW, Spectrum
from training import augment, espeak, festival, texts
from training.labels import articulation, visemes
from training.phones import Item, face_phones, from_arpabet
from training.sound import RATE_HZ, Sound, from_pcm
from training.utterance import Utterance, utterance
from voice.errors import SynthesisError
from voice.offline.flite import Flite

# Never trained on: the test's variants of espeak-ng, flite's awb, and the voices by which
# thresholds are chosen.
TEST_VARIANTS = ("m3", "f4", "klatt4", "Mike", "Alicia", "zac")
VALIDATION_VARIANTS = ("m7", "f2", "klatt2", "Andy")
VALIDATION_FESTIVAL = ("ked_diphone", "pc_diphone")
TEST_FLITE = "awb"

VARIANTS = (
    *("", "m1", "m2", "m4", "m5", "m6", "m8", "f1", "f3", "f5", "klatt", "klatt3", "klatt5"),
    *("klatt6", "whisperf", "adam", "anika", "announcer", "antonio", "aunty", "belinda"),
    *("benjamin", "boris", "caleb", "david", "ed", "edward", "grandma", "grandpa", "gustave"),
    *("iven", "iven2", "john", "linda", "marcelo", "max", "michel", "miguel", "norbert", "pablo"),
    *("paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph", "steph2", "travis"),
    *("victor", "Alex", "Andrea", "Annie", "Denis", "Diogo", "Gene", "Henrique", "Hugo", "Lee"),
    *("Marco", "Mario", "Michael", "Nguyen", "Storm"),
)
# Minutes of each voice or language before augmentation.
ESPEAK_MINUTES = {
    **{"en-us": 34.0, "en-029": 12.0, "en-gb-x-rp": 14.0, "en-gb-scotland": 14.0, "de": 5.0},
    **{"fr": 5.0, "es": 4.0, "it": 4.0, "pt": 4.0, "nl": 4.0, "pl": 5.0, "sv": 4.0, "tr": 3.0},
    **{"hu": 3.0, "ru": 4.0, "cs": 3.0},
}
FLITE_MINUTES = {"slt": 20.0, "rms": 20.0, "kal16": 9.0, "kal": 4.0}
FESTIVAL_MINUTES = {
    **{"kal_diphone": 5.0, "cmu_us_slt_arctic_hts": 14.0, "czech_dita": 7.0, "czech_krb": 6.0},
    **{"czech_machac": 7.0, "czech_ph": 7.0, "hy_fi_mv_diphone": 7.0, "suo_fi_lj_diphone": 7.0},
    **{"lp_diphone": 8.0, "upc_ca_ona_hts": 8.0, "msu_ru_nsh_clunits": 12.0},
}
SENTENCE_S = 3.3
CLIP_S = 20.0
CLEAN_SHARE = 0.35
QUIET_DB = 31.0


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
    """Utterances on one timeline with 50 to 900 ms between them."""
    sounds: list[Sound] = []
    items: list[Item] = []
    at_s = 0.0
    for one in utterances:
        sound, said = from_pcm(one.pcm, RATE_HZ), list(one.items)
        if spread and rng.random() < 0.7:
            sound, said = augment.warped(sound, one.items, rng, spread)
        gap = np.zeros(int(rng.uniform(0.05, 0.9) * RATE_HZ), np.float32)
        start_s = at_s + len(gap) / RATE_HZ
        items.append(("sil", at_s, start_s))
        items += [(name, start_s + a, start_s + b) for name, a, b in said]
        sounds += [gap, sound * np.float32(0.5 / (float(np.abs(sound).max()) + 1e-3))]
        at_s = start_s + len(sound) / RATE_HZ
        items.append(("sil", max(at_s, items[-1][2]), at_s + 0.001))
    return Clip(np.concatenate(sounds), tuple(items))


def examples(job: Job) -> Iterator[Example]:
    """Each clip twice: as it is (or nearly), and by another throat in another room."""
    rng = np.random.default_rng(job.seed + 10_000)
    spectrum = Spectrum()
    waiting: list[Utterance] = []
    former: Sound = np.zeros(RATE_HZ, np.float32)
    for one in spoken(job):
        waiting.append(one)
        if sum(u.seconds for u in waiting) < CLIP_S:
            continue
        plain = joined(waiting, rng, 0.06)
        other = joined(waiting, rng, 0.15)
        former = np.resize(former, len(other.sound))
        clean = plain if rng.random() > 2 * CLEAN_SHARE else _plainer(plain, rng)
        yield example(clean, spectrum)
        changed = augment.degraded(other.sound, former, rng)
        yield example(_at_some_level(replace(other, sound=changed), rng), spectrum)
        former, waiting = plain.sound, []


def silent_examples(count: int, seed: int) -> Iterator[Example]:
    """Clips in which nobody speaks."""
    rng = np.random.default_rng(seed)
    spectrum = Spectrum()
    for _ in range(count):
        sound = augment.no_speech(int(CLIP_S * RATE_HZ), rng)
        clip = Clip(sound, (("sil", 0.0, CLIP_S),))
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


def _plainer(clip: Clip, rng: np.random.Generator) -> Clip:
    sound = augment.equalised(clip.sound, rng, 4.0)
    sound = augment.mixed(sound, augment.noise(len(sound), rng), rng.uniform(30.0, 60.0))
    return _at_some_level(replace(clip, sound=sound), rng)


def _at_some_level(clip: Clip, rng: np.random.Generator) -> Clip:
    gain = np.float32(10 ** (-rng.uniform(0.0, QUIET_DB) / 20))
    return replace(clip, sound=clip.sound * gain)


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
