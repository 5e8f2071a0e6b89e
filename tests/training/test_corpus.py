"""Speech for training: what is kept apart, and labels that stay with their sound."""

import numpy as np

from training import augment, corpus, espeak, texts, voices
from training.corpus import Job
from training.sound import RATE_HZ, from_pcm, resample, to_pcm
from training.utterance import Utterance


def burst() -> Utterance:
    """A second of silence with a loud vowel from 0.4 to 0.6 s."""
    sound = np.zeros(RATE_HZ, np.float32)
    time_s = np.arange(3200) / RATE_HZ
    sound[6400:9600] = np.sin(2 * np.pi * 300 * time_s) * 0.8
    items = (("sil", 0.0, 0.4), ("aa", 0.4, 0.6), ("sil", 0.6, 1.0))
    return Utterance(to_pcm(sound), items, "test")


def middle_s(sound: np.ndarray) -> float:
    power = sound**2
    return float((power * np.arange(len(sound))).sum() / power.sum() / RATE_HZ)


def test_labels_follow_a_warped_voice() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        one = burst()
        sound, items = augment.warped(from_pcm(one.pcm, RATE_HZ), one.items, rng, 0.15)
        assert abs(middle_s(sound) - (items[1][1] + items[1][2]) / 2) < 0.01


def test_labels_follow_sentences_into_a_clip() -> None:
    clip = corpus.joined([burst(), burst()], np.random.default_rng(1))
    vowels = [(a, b) for name, a, b in clip.items if name == "aa"]
    assert len(vowels) == 2
    for start_s, end_s in vowels:
        inside = clip.sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
        assert float(np.abs(inside).max()) > 0.4
    assert abs(middle_s(clip.sound) - np.mean(vowels)) < 0.01


def test_labels_follow_sentences_said_as_people_say_them() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        clip = corpus.joined([burst()] * 3, rng, 0.15)
        vowels = [(a, b) for name, a, b in clip.items if name == "aa"]
        spoken = np.zeros(len(clip.sound), bool)
        for start_s, end_s in vowels:
            spoken[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = True
        power = clip.sound**2
        assert len(vowels) == 3
        assert power[spoken].sum() > 0.97 * power.sum()


def test_a_crowd_is_as_long_as_what_it_is_made_of_and_nobody_is_near() -> None:
    sound = from_pcm(burst().pcm, RATE_HZ)
    crowd = augment.crowd(sound, np.random.default_rng(4))
    assert crowd.shape == sound.shape
    silent = np.mean(np.abs(sound) < 1e-3)
    assert np.mean(np.abs(crowd) < 1e-3) < silent / 2


def test_every_fault_leaves_a_clip_of_equal_length() -> None:
    rng = np.random.default_rng(5)
    sound = from_pcm(burst().pcm, RATE_HZ)
    for _ in range(40):
        changed = augment.degraded(sound, sound[::-1], rng)
        assert changed.shape == sound.shape
        assert np.isfinite(changed).all()


def test_resampling_keeps_the_tone() -> None:
    time_s = np.arange(22050) / 22050
    tone = resample(np.sin(2 * np.pi * 440 * time_s), 22050)
    wanted = np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)
    assert np.abs(tone - wanted).max() < 1e-3


def test_no_tested_voice_or_sentence_is_trained_on() -> None:
    jobs = corpus.jobs(1.0, 1)
    held_out = {voices.TEST_FLITE, "awb_time", *voices.VALIDATION_FESTIVAL}
    assert not held_out & {job.voice for job in jobs}
    variants = {*voices.TEST_VARIANTS, *voices.VALIDATION_VARIANTS}
    assert not variants & {v for job in jobs for v in job.variants}
    kept = {texts.TEST_PART, texts.VALIDATION_PART}
    assert not kept & {part for job in jobs for part in job.parts}


def test_espeak_speaks_in_its_own_process() -> None:
    job = Job("espeak", "en-us", 0.12, 1, ("m1",))
    made = list(corpus.spoken(job))
    assert made
    for one in made:
        assert one.seconds > 0.3
        assert {name for name, _, _ in one.items} - {"sil"}
        assert abs(one.items[-1][2] - one.seconds) < 0.2


def test_a_voice_that_espeak_lacks_says_nothing() -> None:
    with espeak.running() as engine:
        assert engine.speak("hello", espeak.Manner("no-such-voice", 170, 50, 50)) is None
        assert engine.speak("hello", espeak.Manner("en-us", 170, 50, 50)) is not None
