"""What third-party packages would send out or spread over cores, turned off before they load."""

from collections.abc import MutableMapping

FORCED = {
    "OTEL_SDK_DISABLED": "true",
    "OTEL_TRACES_EXPORTER": "none",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
# These make the engine use its vendor's cloud.
REMOVED = (
    "LIVEKIT_REMOTE_EOT_URL",
    "LIVEKIT_DEV_MODE",
    "LIVEKIT_OBSERVABILITY_URL",
    "LIVEKIT_INFERENCE_URL",
    "LIVEKIT_URL",
    "LIVEKIT_API_KEY",
    "LIVEKIT_API_SECRET",
)
# A visit's models are small: more threads than one only spin for each other.
PREFERRED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def quieten(environ: MutableMapping[str, str]) -> None:
    """Force telemetry and clouds off in `environ`; call before importing the engine."""
    environ.update(FORCED)
    for name in REMOVED:
        environ.pop(name, None)
    for name, value in PREFERRED.items():
        environ.setdefault(name, value)
