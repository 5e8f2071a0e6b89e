"""What the measurements come to: the benchmark's last line, and a table to read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.turns import Turn, nearest

Number = float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Raw results of one visit count: of benchmarks.crowd for Parley and for the bare sender."""

    count: int
    served: dict[str, Any]
    bare: list[dict[str, Any]]
    idle_rss_mb: float
    turns: list[Turn]
    flash_ms: list[float]
    mouth_ms: list[float]


def summary(measured: Measured) -> dict[str, Any]:
    """The figures of one visit count; None where nothing was measured."""
    served = measured.served
    visits: list[dict[str, Any]] = served["visits"]
    pairs = [
        (ms, nearest(measured.turns, at_s)) for visit in visits for at_s, ms in visit["replies"]
    ]
    matched = [(ms, turn) for ms, turn in pairs if turn is not None]
    replies = [ms for ms, _ in pairs]
    session_s = _session_s(measured)
    ps, ps_stt = (
        served["server"]["cpu_s"] / session_s,
        served["server"]["recogniser_cpu_s"] / session_s,
    )
    ps_bare = _bare_ps(measured)
    net = [ms - turn.provider_ms for ms, turn in matched]
    return {
        "visits": measured.count,
        "seconds": rounded(served["seconds"]),
        "ps": rounded(ps or None, 4),
        "ps_stt": rounded(ps_stt if ps else None, 4),
        "ps_bare": rounded(ps_bare, 4),
        "ratio_vs_bare": rounded((ps - ps_stt) / ps_bare if ps and ps_bare else None, 3),
        "fps_p50": percentile([fps for visit in visits for fps in visit["pictures"]["fps"]], 50),
        "dropped_pct": rounded(_dropped_pct(visits), 2),
        "first_frame_ms_p50": percentile([visit["first_frame_ms"] for visit in visits], 50),
        "reply_ms_p50": percentile(replies, 50),
        "reply_ms_p95": percentile(replies, 95),
        "reply_net_ms_p50": percentile(net, 50),
        "reply_stages": _stages(matched),
        "max_delay_share": _share([turn.waited_longest for _, turn in matched]),
        "barge_in_ms_p95": percentile([ms for visit in visits for ms in visit["barge_ins_ms"]], 95),
        "av_offset_ms_p50": percentile(measured.flash_ms, 50),
        "av_offset_ms_p95": percentile(np.abs(measured.flash_ms).tolist(), 95),
        "mouth_offset_ms_p50": percentile(measured.mouth_ms, 50),
        "rss_mb_per_visit": rounded(_rss_mb(measured)),
    }


def details(measured: Measured) -> dict[str, Any]:
    """What the last line leaves out: P95s, counts, bitrates, and how busy the visitors were."""
    visits: list[dict[str, Any]] = measured.served["visits"]
    fps = [fps for visit in visits for fps in visit["pictures"]["fps"]]
    barge_ins = [ms for visit in visits for ms in visit["barge_ins_ms"]]
    replies = [(ms, nearest(measured.turns, at)) for visit in visits for at, ms in visit["replies"]]
    net = [ms - turn.provider_ms for ms, turn in replies if turn is not None]
    bare = [visit for run in measured.bare for visit in run["visits"]]
    return {
        "fps_p05": percentile(fps, 5),
        "repeated": sum(visit["pictures"]["repeated"] for visit in visits),
        "late": sum(visit["pictures"]["late"] for visit in visits),
        "first_frame_ms_p95": percentile([visit["first_frame_ms"] for visit in visits], 95),
        "spoken": sum(visit["spoken"] for visit in visits),
        "replies": len(replies),
        "reply_net_ms_p95": percentile(net, 95),
        "barge_ins": len(barge_ins),
        "barge_in_ms_p50": percentile(barge_ins, 50),
        "flashes": len(measured.flash_ms),
        "mouth_stretches": len(measured.mouth_ms),
        "mouth_offset_ms_p95": percentile(np.abs(measured.mouth_ms).tolist(), 95),
        "video_kbps": percentile([visit["video_kbps"] for visit in visits], 50),
        "audio_kbps": percentile([visit["audio_kbps"] for visit in visits], 50),
        "bare_video_kbps": percentile([visit["video_kbps"] for visit in bare], 50),
        "bare_fps_p50": percentile([fps for visit in bare for fps in visit["pictures"]["fps"]], 50),
        "bare_dropped_pct": rounded(_dropped_pct(bare), 2),
        "visitors_lag_ms_p95": percentile(measured.served["lag_ms"], 95),
        "visitors_ps": rounded(measured.served["visitors_cpu_s"] / _session_s(measured), 3),
        "others_cores": rounded(measured.served["others_cpu_s"] / measured.served["seconds"], 2),
        "complaints": sorted({line for visit in visits for line in visit["complaints"]}),
    }


def percentile(values: Sequence[float], rank: float) -> Number:
    """The percentile, or None of nothing."""
    return rounded(float(np.percentile(values, rank))) if len(values) else None


def rounded(value: Number, digits: int = 1) -> Number:
    return None if value is None or math.isnan(value) else round(value, digits)


def _session_s(measured: Measured) -> float:
    seconds: float = measured.served["seconds"]
    return measured.count * seconds


def _bare_ps(measured: Measured) -> Number:
    if not measured.bare:
        return None
    cpu_s: float = sum(run["server"]["cpu_s"] for run in measured.bare)
    seconds: float = sum(len(run["visits"]) * run["seconds"] for run in measured.bare)
    return cpu_s / seconds


def _dropped_pct(visits: list[dict[str, Any]]) -> Number:
    due = sum(visit["pictures"]["due"] for visit in visits)
    bad = sum(visit["pictures"]["repeated"] + visit["pictures"]["late"] for visit in visits)
    return 100 * bad / due if due else None


def _stages(matched: list[tuple[float, Turn]]) -> dict[str, list[Number]]:
    """P50 and P95 of each part of a reply; `rest` is what no stage accounts for."""
    parts = {
        "endpointing_ms": [turn.waiting_ms for _, turn in matched],
        "stt_ms": [turn.stt_ms for _, turn in matched],
        "llm_ms": [turn.llm_ms for _, turn in matched],
        "tts_ms": [turn.tts_ms for _, turn in matched],
        "rest_ms": [ms - turn.waiting_ms - turn.provider_ms for ms, turn in matched],
    }
    return {name: [percentile(ms, 50), percentile(ms, 95)] for name, ms in parts.items()}


def _share(flags: list[bool]) -> Number:
    return rounded(sum(flags) / len(flags), 3) if flags else None


def _rss_mb(measured: Measured) -> Number:
    rss_mb: float = measured.served["rss_mb"]
    return (rss_mb - measured.idle_rss_mb) / measured.count if rss_mb else None
