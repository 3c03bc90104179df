from __future__ import annotations

import socket
from typing import Any

import pytest

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.connector_kit.http import Session
from integrations.connector_kit.network import TargetRefused, check_base_url, is_public
from integrations.connector_kit.testing import Reply, Vendor

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "64:ff9b::10.1.2.3",
    "64:ff9b:1::8.8.8.8",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001::1",
    "2001:db8::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "3fff::1",
    "5f00::1",
    "0.1",
    "nonsense",
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "192.167.0.1",
    "11.0.0.1",
    "223.255.255.1",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:0808:0808::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Shop.Example.com/", "https://shop.example.com"),
        ("https://shop.example.com:443/a/b/", "https://shop.example.com/a/b"),
        (" https://shop.example.com.:8443 ", "https://shop.example.com:8443"),
        ("HTTPS://8.8.8.8/", "https://8.8.8.8"),
        ("https://[2606:4700:0:0::1111]", "https://[2606:4700::1111]"),
        ("https://bücher.example.com", "https://xn--bcher-kva.example.com"),
    ],
)
def test_base_url_is_normalised(given: str, kept: str) -> None:
    assert check_base_url(given, private_network=False) == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com",
        "ftp://shop.example.com",
        "shop.example.com",
        "https://",
        "https:///x",
        "https://user:pw@shop.example.com",
        "https://user@shop.example.com",
        "https://shop.example.com/#a",
        "https://shop.example.com/?a=1",
        "https://shop.example.com/a/../b",
        "https://shop.example.com/%2e%2e/",
        "https://shop.example.com:0",
        "https://shop.example.com:99999",
        "https://shop.example.com:x",
        "https://shop.example.com\\@a",
        "https://sh%6fp.example.com",
        "https://a..b",
        "https://-a.example.com",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1",
        "https://017700000001",
        "https://127.1",
        "https://0177.0.0.1",
        "https://127.0.0.1",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://0.0.0.0",
        "https://localhost",
        "https://db",
        "https://a.localhost",
        "https://printer.local",
        "https://[fe80::1%25eth0]",
        "https://169.254.169.254",
        "https://10.0.0.1",
        "https://1.2.3.999",
        "https://[v1.a]",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ]
    + ["", "https://a b.example.com", "https://a.example.com\n.b", "https://a\u202e.example.com"],
)
def test_base_url_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused) as caught:
        check_base_url(url, private_network=False)
    assert isinstance(caught.value, NeedsOwner)
    assert len(caught.value.message) > 20
    assert "pw" not in caught.value.message.replace("passwd", "")


def test_private_network_may_be_allowed() -> None:
    for url in ("http://127.0.0.1:9301/shops/demo", "http://localhost:8000", "https://[::1]:8443"):
        assert check_base_url(url + "/", private_network=True) == url
    with pytest.raises(TargetRefused):
        check_base_url("http://2130706433", private_network=True)


def _session(host: str, port: int = 443) -> Session:
    account = Account(
        id="a", base_url=f"https://{host}:{port}", flavour="", settings={}, credentials={}
    )
    return Session(account, connect_timeout=1, read_timeout=1)


def _found(*addresses: str) -> list[tuple[Any, ...]]:
    return [
        (socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, 443))
        for text in addresses
    ]


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where sockets were connected to; none leaves this machine."""
    opened: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        opened.append(address)
        raise ConnectionRefusedError("refused by the test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return opened


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.1.2.3",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("8.8.8.8", "169.254.169.254"),
        ("8.8.8.8", "fe80::1"),
    ],
)
def test_name_that_leads_inside_is_refused_before_any_socket(
    addresses: tuple[str, ...], sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: _found(*addresses))
    with pytest.raises(TargetRefused, match=r"shop\.example\.com leads to"):
        _session("shop.example.com").request("GET", "x")
    assert sockets == []


def test_every_connect_is_checked_anew(sockets: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that changes its answer: each is asked for once and the checked address is used."""
    answers = [_found("8.8.8.8"), _found("127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop(0))
    made = _session("shop.example.com")
    with pytest.raises(TryLater):
        made.request("GET", "x")
    assert sockets == [("8.8.8.8", 443)]
    with pytest.raises(TargetRefused):
        made.request("GET", "x")
    assert sockets == [("8.8.8.8", 443)]
    assert answers == []


def test_unknown_name_is_try_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(TryLater):
        _session("shop.example.com").request("GET", "x")


def test_certificate_is_checked_against_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket goes to a literal address, SNI and Host still carry the name."""
    import ssl

    names: list[object] = []
    real = ssl.SSLContext.wrap_socket

    def wrap(self: ssl.SSLContext, sock: Any, *args: Any, **options: Any) -> Any:
        names.append((options.get("server_hostname"), self.check_hostname, self.verify_mode))
        return real(self, sock, *args, **options)

    with Vendor() as vendor:
        port = int(vendor.url.rpartition(":")[2])
        local = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [local])
        monkeypatch.setattr("integrations.connector_kit.network.is_public", lambda _: True)
        monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)
        # The vendor speaks no TLS, so the handshake fails after the name was sent.
        with pytest.raises(TryLater):
            _session("shop.example.com", port).request("GET", "x")
    assert names == [("shop.example.com", True, ssl.CERT_REQUIRED)]


def test_redirect_to_a_private_address_is_not_followed() -> None:
    with Vendor() as inside, Vendor(Reply(302, headers={"Location": inside.url})) as outside:
        with pytest.raises(NeedsOwner):
            Session(outside.account()).request("GET", "x")
        assert inside.asked == []
        assert len(outside.asked) == 1
