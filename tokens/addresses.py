"""Which addresses count as one visitor's."""

import ipaddress

IPV6_SUBSCRIBER_BITS = 64


def network_of(address: str) -> str:
    """An IPv4 address as it is, or what one subscriber has of IPv6: a network of 64 bits.

    What is no address comes back as it is.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_SUBSCRIBER_BITS), strict=False))
