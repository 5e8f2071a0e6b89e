"""The line of figures has every key, and what could not be measured is said."""

import json
from pathlib import Path

import pytest

from benchmarks import face

PORTRAIT = Path(__file__).parent.parent / "e2e" / "data" / "astronaut.jpg"


def test_without_models_the_drawn_face_is_measured_and_the_remedy_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--costs", "--frames", "40", "--photo", str(PORTRAIT), "--models", str(tmp_path)]
    assert face.main(options) == 0
    *said, last = capsys.readouterr().out.splitlines()
    figures = json.loads(last)
    assert set(face.ASKED) <= set(figures)
    assert figures["speak_ms_512"] == figures["drawn_speak_ms_512"] > 0
    assert figures["build_cpu_s"] is None
    assert "make face-tools" in said[-1]


def test_the_portrait_that_is_built_is_one_that_is_fetched() -> None:
    assert f'"{face.PORTRAIT.name}"' in face.FETCHES.read_text()
