import subprocess
import sys
from pathlib import Path

from rtc.process import ProcessLock

HOLD = (
    "import sys; from pathlib import Path; from rtc.process import ProcessLock;"
    "lock = ProcessLock(Path(sys.argv[1])); print(lock.process_id, flush=True); sys.stdin.read()"
)
SETUP = "import os, django; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings');"


def test_only_the_dead_are_buried(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", SETUP + "django.setup();" + HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    other_id = other.stdout.readline().strip()
    mine = ProcessLock(tmp_path)
    assert mine.bury_dead() == []
    other.kill()
    other.communicate(timeout=10)
    assert mine.bury_dead() == [other_id]
    assert mine.bury_dead() == []
    mine.release()
    assert list(tmp_path.iterdir()) == []
