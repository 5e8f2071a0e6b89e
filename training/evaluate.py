"""``python -m training.evaluate [HUMAN]`` measures the network that ships.

It prints a table in Markdown and, as the last line, one JSON object. HUMAN is a folder of
recordings of people, each a WAV file with its words beside it.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from avatar.articulation import PRESS
from avatar.listening import AHEAD_S, NetworkTrack
from avatar.network import MODEL, Network, load_network
from avatar.port import Phone
from avatar.sound import Piece, SoundTrack
from avatar.speech import Speech
from training import sets
from training.corpus import Clip
from training.labels import articulation
from training.measures import Events, closures
from training.phones import face_phones, from_arpabet
from training.sound import RATE_HZ, from_pcm, to_pcm
from training.verdict import Verdict, judge, shown
from training.voices import TEST_FLITE
from voice.offline.aligner import Aligner
from voice.offline.flite import Flite

HEAD = (
    "| set | seconds | visemes | groups | r jaw | r width | r round"
    " | closures R / P (wanted, shown) | median, p90 ms"
    " | starts, stops p90 ms (found of wanted) | open in pauses |"
)
LEVELS_DB = (-1.0, -11.0, -21.0, -31.0)
SNRS_DB = (20.0, 10.0)
HOP_S = 0.040


def main(arguments: list[str]) -> int:
    """Run the command; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("human", nargs="?", type=Path)
    parser.add_argument("--model", type=Path, default=MODEL)
    options = parser.parse_args(arguments)
    network = load_network(options.model)
    print_head()
    judged(network, "espeak-ng, unseen voices", sets.espeak_voices())
    awb = sets.flite_voice()
    voice = judged(network, "flite awb (unseen voice)", awb)
    _variations(network, "awb", awb)
    figures = voice_figures(voice)
    if options.human is not None:
        people = sets.human(options.human)
        figures |= human_figures(judged(network, f"people ({len(people)} recordings)", people))
        _variations(network, "people", people)
    _say("\n| known text, awb | closures R / P (wanted, shown) | median, p90 ms |\n|---|---|---|")
    for name, events in _known(network).items():
        _say(f"| {name} | {_closures(events)} |")
        figures |= {f"closures_recall_{name}": events.recall}
        figures |= {f"closures_precision_{name}": events.precision}
    figures["net_ms_per_s"] = cost_ms_per_s(network, awb[0], 0.0)
    figures["net_ms_per_s_in_visits"] = cost_ms_per_s(network, awb[0], AHEAD_S)
    _say(json.dumps({name: round(value, 3) for name, value in figures.items()}))
    return 0


def print_head() -> None:
    """Print the head of the table."""
    _say(HEAD)
    _say("|---" * (HEAD.count("|") - 1) + "|")


def cost_ms_per_s(network: Network, clip: Clip, ahead_s: float) -> float:
    """CPU milliseconds for a second of sound, log-mel and all, asked for every 40 ms.

    Without ``ahead_s`` each 40 ms are computed by themselves; with it, so much more at once.
    """
    sound = SoundTrack()
    sound.add(Piece(0.0, to_pcm(clip.sound), RATE_HZ))
    sound.reach(len(clip.sound) / RATE_HZ)
    track = NetworkTrack(network, sound, ahead_s)
    moments = np.arange(0.0, len(clip.sound) / RATE_HZ - 1.0, HOP_S).tolist()
    started_s = time.thread_time()
    for moment in moments:
        track.advance(moment)
        track.forget_before(moment)
    return 1000 * (time.thread_time() - started_s) / (len(moments) * HOP_S)


def judged(network: Network, name: str, clips: list[Clip], *, faces: bool = True) -> Verdict:
    """The verdict on a set, whose row of the table is printed."""
    verdict = judge(network, clips, faces=faces)
    _say(_row(name, verdict))
    return verdict


def _variations(network: Network, name: str, clips: list[Clip]) -> None:
    for snr_db in SNRS_DB:
        noisy = [sets.in_noise(clip, snr_db, i) for i, clip in enumerate(clips)]
        judged(network, f"{name}, noise {snr_db:.0f} dB below", noisy)
    for level_db in LEVELS_DB:
        levelled = [sets.at_level(clip, level_db) for clip in clips]
        judged(network, f"{name}, {level_db:.0f} dBFS", levelled, faces=False)


def _known(network: Network) -> dict[str, Events]:
    """Closures that the face shows where the text is known, and where its exact times are."""
    out = {"aligned": Events(), "exact": Events()}
    aligner, flite = Aligner(), Flite()
    for text in sets.flite_texts():
        made = flite.synthesise(text, TEST_FLITE)
        exact = face_phones(made.phones)
        clip = Clip(from_pcm(made.pcm, made.sample_rate), tuple(from_arpabet(exact)))
        found = face_phones(aligner.align(text, made.pcm) or ())
        for name, phones in (("aligned", found), ("exact", exact)):
            out[name] += _face_closures(network, clip, phones)
    return out


def _face_closures(network: Network, clip: Clip, phones: list[Phone]) -> Events:
    def hand_over(speech: Speech) -> None:
        speech.inbox.align(0.0, phones)

    curve = shown(network, clip, hand_over)[:, PRESS]
    return closures(curve, articulation(clip.items, len(curve))[:, 3])


def voice_figures(verdict: Verdict) -> dict[str, float]:
    """What is asked of the unseen voice, by its names in the line of JSON."""
    return {
        "visemes_voice": verdict.visemes.agreement,
        "closures_recall_voice": verdict.closures.recall,
        "closures_precision_voice": verdict.closures.precision,
    }


def human_figures(verdict: Verdict) -> dict[str, float]:
    """What is asked of people's voices."""
    return {
        "groups_human": verdict.groups.agreement,
        "closures_recall_human": verdict.closures.recall,
        "closures_precision_human": verdict.closures.precision,
        "jaw_r_human": verdict.jaw.r,
    }


def _row(name: str, v: Verdict) -> str:
    edges = (
        f"{v.starts.p90_ms:.0f}, {v.stops.p90_ms:.0f} ({len(v.starts.late_s)}/{v.starts.wanted},"
        f" {len(v.stops.late_s)}/{v.stops.wanted}) | {v.open_share:.1%}"
    )
    if not v.open_in_pauses:
        edges = "|"
    return (
        f"| {name} | {v.seconds:.0f} | {v.visemes.agreement:.3f} | {v.groups.agreement:.3f}"
        f" | {v.jaw.r:.2f} | {v.width.r:.2f} | {v.round.r:.2f} | {_closures(v.closures)}"
        f" | {edges} |"
    )


def _closures(events: Events) -> str:
    return (
        f"{events.recall:.2f} / {events.precision:.2f} ({events.wanted}, {events.shown})"
        f" | {events.median_ms:+.0f}, {events.p90_ms:.0f}"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
