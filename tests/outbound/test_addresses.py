"""Which addresses are public, in every way of writing them."""

import ipaddress

import pytest

from outbound.addresses import is_allowed
from outbound.errors import UrlRefused
from outbound.urls import check_url

PRIVATE = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254"),
    *("127.0.0.1", "127.1.2.3", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "168.63.129.16"),
    *("::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a00:1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:0:4136:e378::1"),
    *("2001:db8::1", "2001:20::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "5f00::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1", "4000::1"),
)
PUBLIC = (
    *("8.8.8.8", "1.1.1.1", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.0.1"),
    *("172.32.0.1", "192.167.0.1", "198.17.255.255", "223.255.255.255"),
    *("2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2001:4860:4860::8888"),
    "64:ff9b::808:808",
)
LOOPBACK = ("127.0.0.1", "127.255.0.9", "::1")


@pytest.mark.parametrize("text", PRIVATE)
def test_nothing_private_is_allowed(text: str) -> None:
    assert not is_allowed(ipaddress.ip_address(text), loopback=False)


@pytest.mark.parametrize("text", PUBLIC)
def test_the_public_is_allowed(text: str) -> None:
    assert is_allowed(ipaddress.ip_address(text), loopback=False)


@pytest.mark.parametrize("text", [*PRIVATE, *PUBLIC])
def test_for_development_this_machine_is_allowed_and_no_other(text: str) -> None:
    expected = text in PUBLIC or text in LOOPBACK or text.startswith("127.")
    assert is_allowed(ipaddress.ip_address(text), loopback=True) is expected


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook",
        "ftp://shop.example/hook",
        "//shop.example/hook",
        "shop.example/hook",
        "https://",
        "https:///hook",
        "https://shop.example:99999/",
        "https://shop.example:port/",
        "https://user@shop.example/",
        "https://user:word@shop.example/",
        "https://shop.example/a b",
        "https://shop.example/\r\nHost: other",
        "https://localhost/",
        "https://shop.localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/",
        "https://[not an address/",
        "https://shop.example/" + "x" * 2000,
    ],
)
def test_an_address_that_cannot_be_is_refused_at_once(url: str) -> None:
    with pytest.raises(UrlRefused):
        check_url(url, loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/hook",
        "https://shop.example:8443/hook?a=b#c",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "https://bücher.example/",
        "HTTPS://SHOP.EXAMPLE/",
    ],
)
def test_what_is_public_is_taken(url: str) -> None:
    check_url(url, loopback=False)


def test_plain_http_is_for_this_machine_alone() -> None:
    for url in ("http://localhost:9000/", "http://127.0.0.1:9000/", "http://[::1]:9000/"):
        check_url(url, loopback=True)
        with pytest.raises(UrlRefused):
            check_url(url, loopback=False)
    for url in ("http://shop.example/", "http://10.0.0.1/", "http://localhost.example/"):
        with pytest.raises(UrlRefused):
            check_url(url, loopback=True)
