"""What an address gives, under bounds; and the addresses that nobody is sent to."""

import _socket
import socket
from typing import Any

import pytest

from files import download, services
from files.errors import DownloadFailed, FilesError, FileTooLarge, UnsupportedType
from files.models import File
from tests.files.samples import PNG, sample
from tests.files.serving import Origin
from tests.outbound.test_transport import DISGUISES, resolving
from tokens.models import Account

PRIVATE = ("10.0.0.1", "169.254.169.254", "192.168.1.1", "[fd00:ec2::254]", "[::ffff:10.0.0.1]")


def fetch(account: Account, url: str) -> File:
    return services.accept(account, url, category=None)


@pytest.mark.parametrize("host", DISGUISES)
def test_this_machine_is_asked_for_nothing(
    account: Account, origin: Origin, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    def read(host: str, *_: object, **__: object) -> Any:
        """C's own reading of addresses, which asks no name server."""
        numeric = socket.AI_NUMERICHOST * (host != "localhost")
        return _socket.getaddrinfo(host, None, 0, socket.SOCK_STREAM, 0, numeric)

    monkeypatch.setattr(socket, "getaddrinfo", read)
    origin.url("/a.png", PNG)
    with pytest.raises(DownloadFailed):
        fetch(account, f"http://{host}:{origin.port}/a.png")
    assert origin.asked == []


@pytest.mark.parametrize("host", PRIVATE)
def test_no_redirect_leads_inside(
    account: Account, origin: Origin, loopback: None, host: str
) -> None:
    url = origin.url("/a.png", status=302, Location=f"http://{host}/a.png")
    with pytest.raises(DownloadFailed, match="public host"):
        fetch(account, url)
    assert origin.asked == ["/a.png"]


def test_no_name_leads_inside(
    account: Account, origin: Origin, loopback: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor one that is public when it is looked up once more."""
    url = origin.url("/a.png", status=307, Location="http://inside.example/a.png")
    asked = resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.1"], ["93.184.216.34"])
    with pytest.raises(DownloadFailed, match="not public"):
        fetch(account, url)
    assert asked == ["127.0.0.1", "inside.example"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://x.example/", "", "//"])
def test_no_redirect_leads_to_something_else(
    account: Account, origin: Origin, loopback: None, target: str
) -> None:
    with pytest.raises(DownloadFailed):
        fetch(account, origin.url("/a.png", status=301, Location=target))


def test_a_few_redirects_are_followed(account: Account, origin: Origin, loopback: None) -> None:
    origin.url("/end/a.png", PNG)
    origin.url("/2", status=303, Location="/end/a.png")
    origin.url("/1", status=308, Location="2")
    file = fetch(account, origin.url("/0", status=302, Location="/1"))
    assert (file.mime_type, file.original_source) == ("image/png", origin.address("/0"))
    with pytest.raises(DownloadFailed, match="redirects"):
        fetch(account, origin.url("/round", status=302, Location="/round"))


@pytest.mark.parametrize(
    ("path", "headers", "extension"),
    [
        ("/a.PNG?size=2", {"Content_Type": "text/plain"}, "png"),
        ("/picture", {"Content_Type": "image/png"}, "png"),
        ("/show.php", {"Content_Disposition": 'attachment; filename="cat.png"'}, "png"),
        ("/v1.2/cat", {}, "png"),
        ("/", {"Content_Type": "application/octet-stream"}, "png"),
    ],
)
def test_its_type_is_found(
    account: Account,
    origin: Origin,
    loopback: None,
    path: str,
    headers: dict[str, Any],
    extension: str,
) -> None:
    file = fetch(account, origin.url(path, PNG, **headers))
    assert file.name.endswith(f".{extension}")


@pytest.mark.parametrize(
    ("body", "more", "error"),
    [
        (b"", {"status": 404}, DownloadFailed),
        (b"", {"status": 206}, DownloadFailed),
        (PNG, {"Content_Encoding": "gzip"}, DownloadFailed),
        (PNG, {"Content_Length": "11000000"}, FileTooLarge),
        (PNG, {"Content_Length": "9" * 400}, DownloadFailed),
        (PNG[:30], {"Content_Length": "5000"}, DownloadFailed),
        (bytes(3_000_000), {"drips": True}, FileTooLarge),
        (b"MZ" + bytes(100), {}, UnsupportedType),
        (b"<!doctype html><title>Sign in</title>", {"Content_Type": "text/html"}, UnsupportedType),
    ],
)
def test_what_comes_wrong_is_not_kept(
    account: Account,
    origin: Origin,
    loopback: None,
    body: bytes,
    more: dict[str, Any],
    error: type[FilesError],
) -> None:
    with pytest.raises(error):
        fetch(account, origin.url("/a.png", body, **more))
    assert not File.objects.exists()


def test_one_that_drips_is_left_in_time(
    account: Account, origin: Origin, loopback: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "DOWNLOAD_S", 0.5)
    with pytest.raises(DownloadFailed, match="within"):
        fetch(account, origin.url("/a.mp4", b"x", drips=True))


def test_a_large_clip_is_kept_whole(account: Account, origin: Origin, loopback: None) -> None:
    clip = sample("mp4") + struct_free(60_000_000)
    file = fetch(account, origin.url("/clip.mp4", clip))
    assert services.path_of(file).read_bytes() == clip


def struct_free(length_bytes: int) -> bytes:
    """A box of an ISO media file that players pass over."""
    return length_bytes.to_bytes(4, "big") + b"free" + bytes(length_bytes - 8)
