"""Which hosts a connection may reach: decided on the address, at the moment of connecting.

A name is resolved once for each new socket, every address it has is checked, and the socket is
opened to a checked address. The Host header, SNI and the certificate check stay with the name. So a
name that changes its answer (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from integrations.connector_kit.errors import NeedsOwner

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IANA special-purpose registries. Kept here because what the ipaddress module calls private differs
# between Python releases.
_REFUSED: tuple[_Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2620:4f:8000::/48",
        "3fff::/20",
    ]
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4 = ipaddress.IPv6Network("2002::/16")

_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")


class TargetRefused(NeedsOwner):
    """The address of the other system may not be reached from here; correct it to go on."""


def is_public(address: str) -> bool:
    """Whether a literal IP address belongs to the public internet.

    An IPv4 address carried inside an IPv6 one (mapped, 6to4, NAT64) is judged as that IPv4 address.
    """
    try:
        ip: _Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = _embedded(ip)
        if embedded is not None:
            ip = embedded
        elif ip.scope_id is not None or ip not in _GLOBAL_UNICAST:
            return False
    return not any(ip in network for network in _REFUSED if network.version == ip.version)


def _embedded(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in _MAPPED or ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in _6TO4:
        return ipaddress.IPv4Address((int(ip) >> 80) & 0xFFFFFFFF)
    return None


def check_base_url(url: str, *, private_network: bool) -> str:
    """The base URL of an account, checked and normalised (no slash at its end).

    Raises TargetRefused with a sentence for the person who typed it. Names are not resolved here:
    that is done on every connect.
    """
    text = url.strip()
    parts = _split(text)
    if parts.scheme not in ("http", "https"):
        raise TargetRefused(f"{_shown(text)} does not start with https://.")
    if "@" in parts.netloc:
        # The value is not shown: what stands before the @ is a password.
        raise TargetRefused("The address holds a user name; enter it in its own field.")
    if "#" in text or "?" in text:
        raise TargetRefused(f"{_shown(text)}: leave out everything from ? or # on.")
    if ".." in unquote(parts.path).split("/"):
        raise TargetRefused(f"{_shown(text)} holds '..' in its path.")
    if parts.scheme == "http" and not private_network:
        raise TargetRefused(f"{_shown(text)} is not encrypted; use https://.")
    if "[" in parts.netloc and ":" not in (parts.hostname or ""):
        raise TargetRefused(f"{_shown(text)} is not a web address.")
    host = _host(parts.hostname or "", private_network=private_network)
    port = _port(parts)
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def _split(text: str) -> SplitResult:
    # urlsplit drops tabs and line breaks silently, and reads a backslash unlike browsers do.
    if not text or not text.isprintable() or re.search(r"[\s\\]", text):
        raise TargetRefused(f"{_shown(text)} is not a web address.")
    try:
        return urlsplit(text)
    except ValueError:
        raise TargetRefused(f"{_shown(text)} is not a web address.") from None


def _port(parts: SplitResult) -> str:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise TargetRefused(f"{_shown(parts.netloc)} holds a port that does not exist.")
    default = 443 if parts.scheme == "https" else 80
    return "" if port in (None, default) else f":{port}"


def _host(host: str, *, private_network: bool) -> str:
    """The host in the form it goes into a URL. Raises TargetRefused."""
    host = host.rstrip(".").lower()
    if not host:
        raise TargetRefused("The address names no host.")
    if ":" in host:
        literal = host
    else:
        host = _ascii(host)
        if not _HOST_NAME.fullmatch(host):
            raise TargetRefused(f"{_shown(host)} is not a host name.")
        # As browsers have it: a host whose last label is a number is an IPv4 address. The short,
        # hexadecimal and octal forms (127.1, 0x7f000001, 017700000001) only serve to hide one.
        literal = host if _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]) else ""
    if literal:
        return _checked_literal(literal, private_network=private_network)
    if not private_network and ("." not in host or host.endswith((".localhost", ".local"))):
        raise TargetRefused(f"{host} is a name inside a private network.")
    return host


def _checked_literal(literal: str, *, private_network: bool) -> str:
    try:
        address = ipaddress.ip_address(literal)
    except ValueError:
        raise TargetRefused(f"{_shown(literal)} is not a plain IP address.") from None
    if not private_network and not is_public(literal):
        raise TargetRefused(f"{literal} lies inside a private or reserved network.")
    return f"[{address}]" if address.version == 6 else str(address)


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise TargetRefused(f"{_shown(host)} is not a host name.") from None


def _shown(text: str) -> str:
    words = repr(text)
    return words if len(words) <= 100 else words[:97] + "..."


def pool_manager(*, private_network: bool, **options: Any) -> urllib3.PoolManager:
    """A urllib3 pool manager that opens sockets to public addresses only.

    With `private_network` every address is allowed. `options` are those of PoolManager.
    """
    manager = urllib3.PoolManager(**options)
    if not private_network:
        manager.pool_classes_by_scheme = {"http": _PublicPool, "https": _PublicTlsPool}
    return manager


def _connect(connection: HTTPConnection) -> socket.socket:
    """A socket to the host of `connection`, opened to an address that was checked.

    Raises TargetRefused when any address of the host is not public, since which of them is used
    must not depend on luck; otherwise the errors urllib3 raises itself.
    """
    host = connection.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
        raise NameResolutionError(host, connection, reason) from error
    for *_, address in found:
        if not is_public(str(address[0])):
            raise TargetRefused(
                f"{host} leads to {address[0]}, which lies inside a private or reserved network."
            )
    return _first_reachable(connection, found)


def _first_reachable(connection: HTTPConnection, found: list[Any]) -> socket.socket:
    failure: OSError = OSError("the host has no address")
    for family, kind, protocol, _, address in found:
        opened = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                opened.setsockopt(*option)
            if isinstance(connection.timeout, int | float):
                opened.settimeout(connection.timeout)
            opened.connect(address)
        except OSError as error:
            opened.close()
            failure = error
        else:
            return opened
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "connecting took too long") from failure
    raise NewConnectionError(connection, str(failure)) from failure


class _PublicConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _PublicTlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicTlsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTlsConnection
