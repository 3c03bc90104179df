"""What a refusal of Magento means, in words a merchant can act on.

Magento: Web API responses; OAuth error codes. The body is {"message", "parameters"?, "errors"?};
`parameters` fill the places of the message, by name or by number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from integrations.connector_kit.errors import ConnectorError, NeedsOwner, Rejected, TryLater
from integrations.connector_kit.http import Answer, CredentialsRefused
from integrations.connectors.magento.auth import BEARER

_LONGEST = 400
# Magento refuses a timestamp that lies so far in its future.
_CLOCKS_APART = timedelta(seconds=600)

_NOT_ALLOWED = re.compile(r"isn.t authorized to access (?P<resources>.+?)\.?$")
_PAGE_LIMIT = re.compile(r"Maximum SearchCriteria pageSize is (?P<most>\d+)")
_ITEM_LIMIT = re.compile(r"Maximum items of type .* is (?P<most>\d+)")
# What it names when it does not know who calls.
_NOT_EVEN_KNOWN = "self"
_NO_ROUTE = "Request does not match any route"
_CLOCK_WORDS = ("timestamp",)
_USED_TWICE = ("nonce_used", "nonce is already")
# How Magento words a refusal of the signature or the integration. Whole sentences: a refusal of a
# record may well quote a product called "Signature".
_OF_CREDENTIALS = re.compile(
    r"oauth_(?:problem|timestamp|nonce|consumer_key|token|signature|version|verifier)"
    r"|signature is invalid|signature method \S+ is not supported|^invalid signature"
    r"|nonce is already being used|consumer having the specified key does not exist"
    r"|consumer (?:key )?has expired|^consumer is not authorized",
    re.IGNORECASE,
)


class Refused(Rejected):
    """Magento refused the request. `status`: its HTTP status; `words`: its message, filled in."""

    def __init__(
        self, message: str, *, field: str, words: str, status: int, advice: str = ""
    ) -> None:
        super().__init__(message, field=field, said=words[:_LONGEST], advice=advice)
        self.words = words
        self.status = status


class NotFound(Refused):
    """The record is not there."""


class NoRoute(NotFound):
    """The shop does not have this part of the API: a module is missing or too old."""


class PageTooLarge(Refused):
    """The merchant limits how many records a page may hold, to `most`."""

    most: int = 1


class TooManyItems(Refused):
    """The merchant limits how many items one call may carry, to `most`."""

    most: int = 1


def refusal(answer: Answer, *, what: str, field: str, now: datetime) -> ConnectorError:
    """The error for a status that the kit hands back: 400, 404, 405 and the like.

    `what`: names the call for the person who reads it; `field`: what of the record it is about.
    """
    body = _mapping(answer)
    words = words_of(body)
    if body is None:
        # A page of something in front of the shop, or of the shop itself while it is down.
        return TryLater(
            f"{what}: the address answered {answer.status} with a page instead of Magento's API."
            " If this stays, check the address of the shop; some need /index.php behind it."
        )
    if answer.status in (400, 405) and is_of_credentials(words):
        return of_credentials(words, answer, now=now)
    made = _kind(answer.status, words)(
        f"{what}: Magento refused it ({words})" if words else f"{what}: HTTP {answer.status}",
        field=field,
        words=words or f"HTTP {answer.status}",
        status=answer.status,
        advice=_ADVICE.get(answer.status, "Correct this in Magento or at the source, then replay."),
    )
    limit = _PAGE_LIMIT.search(words) or _ITEM_LIMIT.search(words)
    if limit and isinstance(made, PageTooLarge | TooManyItems):
        made.most = max(1, int(limit["most"]))
    return made


_ADVICE = {
    404: "It may have been deleted in Magento. If it is there, replay the record.",
    405: "Send this message to support; the record itself is likely fine.",
    406: "Send this message to support; the record itself is likely fine.",
}


def _kind(status: int, words: str) -> type[Refused]:
    if status == 404:
        return NoRoute if _NO_ROUTE in words else NotFound
    if _PAGE_LIMIT.search(words):
        return PageTooLarge
    return TooManyItems if _ITEM_LIMIT.search(words) else Refused


def refused_credentials(
    refused: CredentialsRefused, *, kind: str, what: str, about: str, wrote: bool, now: datetime
) -> ConnectorError:
    """A 401 or 403, explained: missing permission, bearer switched off, signature, clock.

    `wrote`: whether the call carried a record, at whose words a firewall may have taken offence.
    """
    status = refused.answer.status
    body = _mapping(refused.answer)
    words = words_of(body)
    resources = missing_resources(body, words)
    if resources:
        return Forbidden(_lacking(resources, kind, what), resources=resources)
    if body is not None and (status == 401 or is_of_credentials(words)):
        return of_credentials(words, refused.answer, now=now)
    if wrote and status == 403:
        return Refused(
            f"{what}: something in front of Magento, such as a firewall, took offence at this record.",
            field=about,
            words=words or f"HTTP {status}",
            status=status,
            advice="Ask whoever runs the shop to let /rest/ through for the integration, or look for"
            " odd text in the record, such as code in a description; then replay.",
        )
    return NeedsOwner(
        f"{what}: something in front of Magento, such as a firewall, forbids the call"
        f" (HTTP {status}). Ask whoever runs the shop to let it through."
    )


class Forbidden(NeedsOwner):
    """The integration may not do this; tick the resource in Magento, then reconnect."""

    def __init__(self, message: str, *, resources: str) -> None:
        super().__init__(message)
        self.resources = resources


class ClockRefused(NeedsOwner):
    """The clocks of the shop and ours differ too much; have the one of the shop corrected."""


def missing_resources(body: Mapping[str, Any] | None, words: str) -> str:
    """The resources a refusal names ("Magento_Sales::actions_view"), "" when it names none."""
    found = _NOT_ALLOWED.search(words)
    if found:
        return found["resources"].strip()
    parameters = (body or {}).get("parameters")
    named = parameters.get("resources") if isinstance(parameters, Mapping) else None
    return _listed(named) if named else ""


def _lacking(resources: str, kind: str, what: str) -> str:
    if resources == _NOT_EVEN_KNOWN:
        return _unknown(kind, what)
    tick = (
        f"In Magento, System, Extensions, Integrations: open the integration, tick {resources} on"
        " the tab API, save, and activate it again."
    )
    if kind != BEARER:
        return f"{what}: the Magento integration may not use {resources}. {tick}"
    return (
        f"{what}: Magento does not let the access token use {resources}. There are two causes, and"
        f" Magento words both alike. Either {_STANDALONE} Or the permission is missing: {tick}"
    )


_STANDALONE = (
    "the shop does not take access tokens on their own, which is so since 2.4.4: enter all four"
    " values of the integration here, or switch on Stores, Configuration, Services, OAuth, Consumer"
    " Settings, “Allow OAuth Access Tokens to be used as standalone Bearer tokens”."
)


def _unknown(kind: str, what: str) -> str:
    also = f" Or {_STANDALONE}" if kind == BEARER else ""
    return (
        f"{what}: Magento does not know the access token. Copy it again from the integration, and"
        f" make sure that the integration is active.{also}"
    )


def is_of_credentials(words: str) -> bool:
    """Whether a refusal speaks of the credentials and not of the record."""
    return _OF_CREDENTIALS.search(words) is not None


def of_credentials(words: str, answer: Answer, *, now: datetime) -> ConnectorError:
    """What to do about a signature, a token or a clock that was refused."""
    lowered = words.lower()
    said = f"Magento says: {words}" if words else f"Magento answered {answer.status}."
    if any(word in lowered for word in _USED_TWICE):
        # Each call has a nonce of its own, so something on the way sent this one twice.
        return TryLater(
            "A call reached Magento twice, so it may have been carried out already."
            f"{_clocks(answer, now)}"
        )
    if any(word in lowered for word in _CLOCK_WORDS):
        return ClockRefused(
            f"Magento does not accept the time of the call.{_clocks(answer, now)} {said}"
        )
    if "signature" in lowered:
        return NeedsOwner(
            "Magento does not accept the signature. Enter the consumer secret and the access token"
            " secret again. If they are right, the shop lies behind a proxy and takes itself to be"
            " at another address: enter that one as “Address used for signatures”."
            f" {said}"
        )
    return NeedsOwner(
        "Magento does not know the integration, or it was deleted or not activated. Copy its four"
        f" values again. {said}"
    )


def _clocks(answer: Answer, now: datetime) -> str:
    apart = skew(answer, now)
    if apart is None:
        return " Check the clock of the shop's server."
    if abs(apart) < _CLOCKS_APART / 10:
        return " Its clock and ours agree."
    seconds = int(abs(apart).total_seconds())
    words = "behind" if apart < timedelta(0) else "ahead of"
    return f" The clock of the shop's server is {seconds} seconds {words} ours; correct it there."


def skew(answer: Answer, now: datetime) -> timedelta | None:
    """How far their clock is ahead of ours, by the Date header; None without one."""
    try:
        there = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return (there if there.tzinfo else there.replace(tzinfo=UTC)) - now


def words_of(body: Mapping[str, Any] | None) -> str:
    """The message with its parameters filled in, and those of `errors`; "" when there is none."""
    if body is None:
        return ""
    rows = [body, *(row for row in body.get("errors") or () if isinstance(row, Mapping))]
    said = [_filled(str(row.get("message") or ""), row.get("parameters")) for row in rows]
    said += [
        str(row.get("message") or "")
        for row in _fatal(body.get("messages"))
        if isinstance(row, Mapping)
    ]
    return " ".join(dict.fromkeys(" ".join(line.split()) for line in said if line))


def _fatal(messages: Any) -> Sequence[Any]:
    """{"messages": {"error": [...]}}, as Magento answers while it cannot even start."""
    return (messages.get("error") or ()) if isinstance(messages, Mapping) else ()


def _filled(message: str, parameters: Any) -> str:
    if isinstance(parameters, Mapping):
        pairs = [(str(name), value) for name, value in parameters.items()]
    elif isinstance(parameters, list):
        pairs = [(str(number), value) for number, value in enumerate(parameters, start=1)]
    else:
        return message
    values = {f"%{name}": _listed(value) for name, value in pairs}
    if not values:
        return message
    # The longest first: %1 is the beginning of %10. In one go: a value may hold a % of its own.
    names = "|".join(re.escape(name) for name in sorted(values, key=len, reverse=True))
    return re.sub(names, lambda found: values[found[0]], message)


def _listed(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _mapping(answer: Answer) -> Mapping[str, Any] | None:
    try:
        body = answer.json()
    except TryLater:
        found = re.search(r"oauth_problem=[^\s<]+", answer.text)
        return {"message": found[0]} if found else None
    return body if isinstance(body, Mapping) else {"message": str(body)}
