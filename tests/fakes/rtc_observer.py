"""An observer of the loudspeaker that notes what it is told."""


class RecordingObserver:
    """Keeps the calls in order: ("started",), ("heard", s), ("finished", s, interrupted)."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def on_started(self) -> None:
        self.calls.append(("started",))

    def on_heard(self, heard_s: float) -> None:
        self.calls.append(("heard", round(heard_s, 3)))

    def on_finished(self, heard_s: float, interrupted: bool) -> None:
        self.calls.append(("finished", round(heard_s, 3), interrupted))

    @property
    def finished(self) -> list[tuple[object, ...]]:
        return [call[1:] for call in self.calls if call[0] == "finished"]
