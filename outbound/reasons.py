"""Why there was no answer, in words for the owner of the address."""

import httpx

from outbound.errors import AddressRefused, HostUnknown, UrlRefused
from outbound.transport import Bounds


def reason(error: Exception, bounds: Bounds) -> str:
    """What an exchange under `bounds` failed of, to stand in a sentence."""
    match error:
        case AddressRefused():
            return "the host's address is not public"
        case HostUnknown():
            return "the host has no address"
        case UrlRefused():
            return f"the address {error}"
        case httpx.ConnectTimeout():
            return f"no connection within {bounds.connect_s:.0f} s"
        case httpx.TimeoutException() | TimeoutError():
            return f"no answer within {bounds.exchange_s:.0f} s"
        case httpx.ConnectError():
            return f"could not connect: {error}"
        case _:
            return f"the connection broke: {error}" if str(error) else "the connection broke"
