"""OAuth 1.0a as the shop checks it: written from the protocol, so that no connector checks itself.

Source: RFC 5849 and Magento's OAuth guide: HMAC-SHA256 alone, a JSON body is not signed, the `&` of the
key stays without a token, values of the header are percent-decoded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

METHOD = "HMAC-SHA256"
_PARAMETER = re.compile(r'\s*([A-Za-z_]+)\s*=\s*"([^"]*)"\s*')


def escaped(text: str) -> str:
    """Percent-encoded, all but letters, digits and -._~"""
    return quote(text, safe="-._~")


def header_values(header: str) -> dict[str, str] | None:
    """The parameters of an Authorization header of the kind OAuth, None for another kind."""
    kind, _, rest = header.strip().partition(" ")
    if kind.lower() != "oauth":
        return None
    found = {}
    for part in rest.split(","):
        match = _PARAMETER.fullmatch(part)
        if match is not None and match[1] != "realm":
            found[unquote(match[1])] = unquote(match[2])
    return found


def query_pairs(raw: str) -> list[tuple[str, str]]:
    """The pairs of a query as the signature check sees them: what does not split into exactly two
    parts at "=" is dropped, and a plus is a space."""
    pairs = []
    for part in raw.split("&"):
        halves = part.split("=")
        if len(halves) == 2:
            name, value = (unquote(half.replace("+", " ")) for half in halves)
            pairs.append((name, value))
    return pairs


def base_string(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """`url` without its query, scheme and host in lower case, without a usual port."""
    written = sorted((escaped(name), escaped(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in written)
    return "&".join((method.upper(), escaped(url), escaped(joined)))


def signature(
    method: str,
    url: str,
    parameters: Iterable[tuple[str, str]],
    *,
    consumer_secret: str,
    token_secret: str = "",
) -> str:
    """oauth_signature before it is percent-encoded. `parameters`: those of the header but for the
    signature itself, and those of the query."""
    key = f"{escaped(consumer_secret)}&{escaped(token_secret)}".encode()
    text = base_string(method, url, parameters).encode()
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def matches(
    method: str,
    url: str,
    query: str,
    protocol: Mapping[str, str],
    *,
    consumer_secret: str,
    token_secret: str = "",
) -> bool:
    """Whether `protocol`, the values of the header, carry the signature of this call."""
    signed = [*query_pairs(query)]
    signed += [(name, value) for name, value in protocol.items() if name != "oauth_signature"]
    wanted = signature(
        method, url, signed, consumer_secret=consumer_secret, token_secret=token_secret
    )
    return hmac.compare_digest(wanted, protocol.get("oauth_signature", ""))
