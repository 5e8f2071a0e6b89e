"""Speech of festival's voices, made by its program: most are cut from recordings of people."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from avatar.port import Phone
from training.phones import from_arpabet, from_set
from training.sound import read_wav
from training.utterance import Utterance, utterance

FOLDER = Path("/usr/share/festival/voices")
# Festival's name of each voice, the phone set that it speaks, and the language of its texts.
VOICES = {
    "kal_diphone": ("english", "en"),
    "ked_diphone": ("english", "en"),
    "cmu_us_slt_arctic_hts": ("english", "en"),
    "czech_dita": ("czech", "cs"),
    "czech_krb": ("czech", "cs"),
    "czech_machac": ("czech", "cs"),
    "czech_ph": ("czech", "cs"),
    "hy_fi_mv_diphone": ("finnish", "fi"),
    "suo_fi_lj_diphone": ("finnish", "fi"),
    "lp_diphone": ("italian", "it"),
    "pc_diphone": ("italian", "it"),
    "upc_ca_ona_hts": ("catalan", "ca"),
    "msu_ru_nsh_clunits": ("russian", "ru"),
    "hindi_NSK_diphone": ("indic", "hi"),
    "marathi_NSK_diphone": ("indic", "mr"),
    "telugu_NSK_diphone": ("indic", "te"),
}
ENCODINGS = {"czech": "iso-8859-2", "russian": "utf-8", "indic": "utf-8"}
TIMEOUT_S = 120.0
BATCH = 25
SPEAK = """
(define (one text name)
  (unwind-protect
    (let ((u (SynthText text)))
      (utt.save.wave u (string-append name ".wav") 'riff)
      (let ((f (fopen (string-append name ".lab") "w")))
        (mapcar (lambda (s) (format f "%s %f\\n" (item.name s) (item.feat s "end")))
                (utt.relation.items u 'Segment))
        (fclose f)))
    nil))
"""


def installed() -> list[str]:
    """The names of VOICES that are there."""
    return [name for name in VOICES if any(FOLDER.glob(f"*/{name}"))]


def speak(texts: Sequence[str], voice: str, stretch: float = 1.0) -> Iterator[Utterance]:
    """Sentences by one voice, those left out of which festival makes nothing useful."""
    for first in range(0, len(texts), BATCH):
        with tempfile.TemporaryDirectory() as folder:
            yield from _batch(texts[first : first + BATCH], voice, stretch, Path(folder))


def _batch(texts: Sequence[str], voice: str, stretch: float, folder: Path) -> Iterator[Utterance]:
    script = [f"(voice_{voice})", f"(Parameter.set 'Duration_Stretch {stretch:.3f})", SPEAK]
    for i, text in enumerate(texts):
        plain = text.replace("\\", "").replace('"', "")
        script.append(f'(one "{plain}" "{folder / str(i)}")')
    program = folder / "speak.scm"
    encoding = ENCODINGS.get(VOICES[voice][0], "iso-8859-1")
    program.write_text("\n".join(script), encoding=encoding, errors="ignore")
    try:
        subprocess.run(  # noqa: S603  # our own script
            ["festival", "-b", str(program)],  # noqa: S607 # where Debian puts it
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return
    for i in range(len(texts)):
        made = _read(folder / f"{i}.wav", folder / f"{i}.lab", voice)
        if made is not None:
            yield made


def _read(wav: Path, lab: Path, voice: str) -> Utterance | None:
    if not wav.is_file() or not lab.is_file():
        return None
    pcm, rate_hz = read_wav(wav.read_bytes())
    phones, start_s = [], 0.0
    for line in lab.read_text(errors="ignore").splitlines():
        name, end = line.rsplit(" ", 1)
        phones.append(Phone(name, start_s, max(start_s, float(end))))
        start_s = phones[-1].end_s
    language = VOICES[voice][0]
    items = from_arpabet(phones) if language == "english" else from_set(language, phones)
    if not items or abs(start_s - len(pcm) / rate_hz) > 0.15:
        return None
    return utterance(pcm, rate_hz, items, f"festival {voice}")
