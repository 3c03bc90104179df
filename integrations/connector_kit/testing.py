"""What every connector is tested with: fixture pairs, a scripted vendor, the status contract.

`Vendor` is a real HTTP server in a thread. A connector's test opens its client on `vendor.account()`
and asserts what came in; `assert_status_contract` asserts once, for each way a vendor can fail, that
the call ends in the right one of our errors.
"""

# ruff: noqa: S101 - to assert is what this file is for
from __future__ import annotations

import difflib
import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from integrations.connector_kit import http, numbers
from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import ConnectorError, NeedsOwner, TryLater
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.scripted import Asked, Reply, Vendor
from mappings.canonical.record import Record

__all__ = [
    "Asked",
    "FixturePair",
    "Reply",
    "Vendor",
    "assert_normalises",
    "assert_status_contract",
    "fixture_pairs",
]

_CANONICAL = ".canonical.json"


@dataclass(frozen=True)
class FixturePair:
    """A payload as the vendor sends it, and the canonical record it must become."""

    name: str
    payload: Path
    canonical: Path


def fixture_pairs(folder: Path, prefix: str = "") -> list[FixturePair]:
    """NAME.json + NAME.canonical.json under `folder`/fixtures whose NAME begins with `prefix`.

    `folder` may be the connector's folder or its fixtures folder. Raises LookupError when there is
    none, since a parametrised test over nothing would pass, and when a canonical file has no twin.
    """
    home = folder if folder.name == "fixtures" else folder / "fixtures"
    pairs = []
    for canonical in sorted(home.glob(f"{prefix}*{_CANONICAL}")):
        name = canonical.name.removesuffix(_CANONICAL)
        payload = home / f"{name}.json"
        if not payload.is_file():
            raise LookupError(f"{canonical.name} has no {payload.name} beside it")
        pairs.append(FixturePair(name, payload, canonical))
    if not pairs:
        raise LookupError(f"no fixture pair {prefix}* in {home}")
    return pairs


def assert_normalises(
    normalise: Callable[[Payload, Account], Record] | None, pair: FixturePair, account: Account
) -> None:
    """The payload becomes exactly its twin; the failure shows the lines that differ."""
    assert normalise is not None, "this entity has no normalise"
    record = normalise(Payload(numbers.decode(pair.payload.read_bytes())), account)
    got = record.model_dump(mode="json")
    wanted = json.loads(pair.canonical.read_text("utf-8"))
    if got == wanted:
        return
    diff = difflib.unified_diff(_lines(wanted), _lines(got), pair.canonical.name, "normalised")
    raise AssertionError(f"{pair.name} normalises to something else:\n" + "\n".join(diff))


def _lines(value: Any) -> list[str]:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).splitlines()


# --- the status contract -----------------------------------------------------------------------

MakeClient = Callable[[Account], Any]
Call = Callable[[Any], object]


@dataclass(frozen=True)
class _Case:
    """One way to fail. `after` and `throttled` are asserted of a TryLater."""

    name: str
    reply: Reply
    error: type[ConnectorError]
    after: float | None = None
    throttled: bool = False


_CASES = (
    _Case("401", Reply(401, json={"error": "bad token"}), NeedsOwner),
    _Case("403", Reply(403, json={"error": "no scope"}), NeedsOwner),
    _Case("408", Reply(408), TryLater),
    _Case("425", Reply(425), TryLater),
    _Case("429", Reply(429, headers={"Retry-After": "7"}), TryLater, after=7, throttled=True),
    _Case("429 that names no time", Reply(429), TryLater, throttled=True),
    _Case("500", Reply(500, body=b"down"), TryLater),
    _Case("502", Reply(502, body=b"down"), TryLater),
    _Case("503", Reply(503, headers={"Retry-After": "120"}), TryLater, after=120),
    _Case("504", Reply(504), TryLater),
    _Case("no answer in time", Reply(delay=5), TryLater),
    _Case("connection broken", Reply(hang_up=True), TryLater),
    _Case(
        "redirect", Reply(302, headers={"Location": "https://login.example.com/?t=1"}), NeedsOwner
    ),
    _Case("page in place of JSON", Reply(body=b"<html>Back soon</html>"), TryLater),
)
_SHORT_TIMEOUT = 0.3
_SHORTEST_SECRET = 6


def assert_status_contract(
    make_client: MakeClient,
    call: Call,
    *,
    account: Mapping[str, Any] | None = None,
    prelude: Sequence[Reply] = (),
    skip: Sequence[str] = (),
) -> None:
    """`call(make_client(account))` ends in the right error for each way a vendor can fail.

    `account`: fields of Account the connector needs (credentials, settings, flavour). `prelude`:
    answers given before the failing one, such as a token. `skip`: names of cases that do not hold
    for this call ("page in place of JSON" where no body is read). A failed request must not be
    repeated, which is the engine's work, so requests are counted; only 401 and 403 leave room for
    renewing a token. No credential may show in an error or an observed exchange.
    """
    fields = dict(account or {})
    for case in _CASES:
        if case.name not in skip:
            _assert_case(make_client, call, fields, tuple(prelude), case)
    with _unused_port() as url, Vendor() as vendor:
        refused = vendor.account(**{**fields, "base_url": url})
        error = _error_of(make_client, call, refused, "connection refused")
        assert isinstance(error, TryLater), f"connection refused: {error!r} is no TryLater"


def _assert_case(
    make_client: MakeClient,
    call: Call,
    fields: dict[str, Any],
    prelude: tuple[Reply, ...],
    case: _Case,
) -> None:
    with Vendor(*prelude, answering=lambda asked: case.reply) as vendor:
        account = vendor.account(**fields)
        with mock.patch.object(http, "LONGEST_READ", _SHORT_TIMEOUT if case.reply.delay else 600):
            error = _error_of(make_client, call, account, case.name)
        assert isinstance(error, case.error), f"{case.name}: {error!r} is no {case.error.__name__}"
        if isinstance(error, TryLater):
            got = (error.after, error.throttled)
            assert got == (case.after, case.throttled), f"{case.name}: after, throttled are {got}"
        if case.name not in ("401", "403"):
            asked = len(vendor.asked) - len(prelude)
            assert asked == 1, f"{case.name}: {asked} requests where one was due"
        kept = repr(vendor.observed) + str(error)
        for name, secret in account.credentials.items():
            shown = len(secret) >= _SHORTEST_SECRET and secret in kept
            assert not shown, f"{case.name}: credential {name!r} shows in what is kept"


def _error_of(make_client: MakeClient, call: Call, account: Account, case: str) -> ConnectorError:
    try:
        result = call(make_client(account))
    except ConnectorError as error:
        return error
    raise AssertionError(f"{case}: the call went through and gave {result!r}")


@contextmanager
def _unused_port() -> Iterator[str]:
    """The URL of a port that refuses connections: bound, so that nobody takes it, but deaf."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
