"""How well the network that ships hears what a mouth does, and what awb says with exact times."""

from pathlib import Path

from avatar.network import load_network
from benchmarks.closures import Said
from training import sets
from training.evaluate import cost_ms_per_s, human_figures, judged, print_head, voice_figures
from training.phones import face_phones
from training.voices import TEST_FLITE
from voice.offline.flite import Flite


def heard(human: Path | None) -> dict[str, float]:
    """The network alone on the unseen voice and, if a folder is given, on people.

    Raises:
        SynthesisError: flite is not installed.
        ValueError: The folder has no recordings with words.
    """
    network = load_network()
    voice = sets.flite_voice()
    print_head()
    figures = voice_figures(judged(network, f"flite {TEST_FLITE} (unseen voice)", voice))
    if human is not None:
        people = sets.human(human)
        if not people:
            raise ValueError(f"{human} has no WAV files with their words in .txt files beside them")
        figures |= human_figures(judged(network, f"people ({len(people)} recordings)", people))
    figures["net_ms_per_s"] = cost_ms_per_s(network, voice[0], 0.0)
    return {name: round(value, 3) for name, value in figures.items()}


def spoken() -> list[Said]:
    """The unseen voice's sentences, with the exact times of their phones.

    Raises:
        SynthesisError: flite is not installed.
    """
    flite = Flite()
    made = [flite.synthesise(text, TEST_FLITE) for text in sets.flite_texts()]
    return [Said(one.pcm, one.sample_rate, tuple(face_phones(one.phones))) for one in made]
