"""Which IP addresses may be connected to: public ones, whatever dress they come in."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

REFUSED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, clouds' metadata among it
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's host, on a public number
    )
)
PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
REFUSED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, ORCHID and the rest of IETF's protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",
        "3ffe::/16",
        "3fff::/20",
    )
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_allowed(address: Address, *, loopback: bool) -> bool:
    """Whether `address` is public, or is this machine and `loopback` allows that.

    IPv6 is allowed by what is assigned to the public, so that link-local, unique local,
    multicast, mapped and compatible addresses need no list. NAT64 is how a network without IPv4
    reaches it: the IPv4 address inside decides.
    """
    if isinstance(address, ipaddress.IPv4Address):
        if address.is_loopback:
            return loopback
        return not any(address in network for network in REFUSED_V4)
    if address.scope_id is not None:
        return False
    if address == ipaddress.IPv6Address("::1"):
        return loopback
    if address in NAT64:
        return is_allowed(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF), loopback=False)
    return address in PUBLIC_V6 and not any(address in network for network in REFUSED_V6)
