"""Why something is not sent; each is an `OutboundError`."""


class OutboundError(Exception):
    """Root of everything that outbound/ raises itself; httpx raises the rest."""


class UrlRefused(OutboundError):
    """The message continues "the address …" and says what to write instead."""


class AddressRefused(OutboundError):
    """The host's address is one that nobody outside may be sent to."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is not a public address")
        self.host = host


class HostUnknown(OutboundError):
    """The host has no address, or its look-up took too long."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} has no address")
        self.host = host


class AnswerTooLarge(OutboundError):
    """The answer is longer than the caller reads."""


class NotDownloaded(OutboundError):
    """An address gave nothing; the message is the reason, to stand in a sentence."""
