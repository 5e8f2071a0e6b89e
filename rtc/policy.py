"""What an operator decides about visits, as one value built from the settings."""

from dataclasses import dataclass, field
from pathlib import Path

from rtc.ice import IceConfig


@dataclass(frozen=True, slots=True)
class RtcSettings:
    """Limits and times of visits in this process; seconds where the name ends in `_s`.

    `loopback`: the server is reached on 127.0.0.1, which is then offered as ICE candidate.
    `raw_user`: providers are told visitors' fingerprints as they are.
    """

    data_dir: Path
    max_visits: int = 32
    idle_voice_s: float = 300.0
    idle_text_s: float = 1800.0
    warning_s: float = 60.0
    max_visit_s: float = 1800.0
    grace_s: float = 120.0
    anonymous_per_address: int = 4
    anonymous_per_hour: int = 60
    video_kbps: int = 600
    loopback: bool = True
    raw_user: bool = False
    ice: IceConfig = field(default_factory=IceConfig)
    admit_by_load: bool = True
    render_threads: int = 2
