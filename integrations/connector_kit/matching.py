"""Which of the customers there is the one that comes: by e-mail, phone, or name and address.

A link or an e-mail address says it for sure. A phone number is shared in families, and a name by
strangers, so these count only where nothing speaks against it. Of several that fit equally well none
is chosen: the record is held, and both are named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from integrations.connector_kit.errors import Rejected
from mappings.canonical.comparing import comparable
from mappings.canonical.customer import Customer

Row = TypeVar("Row")

# Points for what agrees, out of 100; a name and a street in one town are enough.
_FIRST, _LAST, _PHONE = 20, 25, 20
_STREET, _POSTAL_CODE, _CITY = 20, 10, 5
ENOUGH = 75
# So many of those that fit equally well are named.
NAMED = 4
_EQUALLY = "equally well:"
_NAMED = re.compile(r"(?:“[^”]*”|one without a name) \((?:[^()]*, )?id (?P<key>[^()]+)\)")


def choose(
    wanted: Customer, found: Iterable[tuple[Row, Customer]], *, by: str, system: str
) -> Row | None:
    """The one of `found` that is the wanted customer; None when none is.

    `by`: "email", "phone" or "name", which all of them share with the wanted one. Raises Rejected
    when two fit equally well.
    """
    fitting = [
        (score(wanted, candidate), row, candidate)
        for row, candidate in found
        if _may_be(wanted, candidate, by=by)
    ]
    if not fitting:
        return None
    best = max(points for points, *_ in fitting)
    first = [(row, candidate) for points, row, candidate in fitting if points == best]
    if len(first) > 1:
        raise _ambiguous(wanted, [candidate for _, candidate in first], by=by, system=system)
    return first[0][0]


def score(wanted: Customer, candidate: Customer) -> int:
    """How much the two have in common, from 0 to 100. A blank agrees with nothing."""
    points = 0
    for worth, here, there in (
        (_FIRST, wanted.first_name, candidate.first_name),
        (_LAST, wanted.last_name, candidate.last_name),
    ):
        points += worth if _same(here, there) else 0
    phone = comparable("phone", wanted.phone)
    points += _PHONE if phone and phone == comparable("phone", candidate.phone) else 0
    return points + max(
        (_near(here, there) for here in wanted.addresses for there in candidate.addresses),
        default=0,
    )


def _near(here: object, there: object) -> int:
    points = 0
    for worth, read in ((_STREET, _street), (_POSTAL_CODE, _postal_code), (_CITY, _city)):
        points += worth if _same(read(here), read(there)) else 0
    return points


def _street(address: object) -> str:
    return next(iter(getattr(address, "lines", ())), "")


def _postal_code(address: object) -> str:
    return str(getattr(address, "postal_code", "")).replace(" ", "")


def _city(address: object) -> str:
    return str(getattr(address, "city", ""))


def _may_be(wanted: Customer, candidate: Customer, *, by: str) -> bool:
    mine, theirs = comparable("email", wanted.email), comparable("email", candidate.email)
    if by == "email":
        return bool(mine) and mine == theirs
    if mine and theirs and mine != theirs:
        return False
    if by == "phone":
        phone = comparable("phone", wanted.phone)
        return bool(phone) and phone == comparable("phone", candidate.phone)
    return score(wanted, candidate) >= ENOUGH


def _same(here: str, there: str) -> bool:
    return bool(here) and _folded(here) == _folded(there)


def _folded(text: str) -> str:
    """Without case, accents and blanks at the ends."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _ambiguous(wanted: Customer, equal: Sequence[Customer], *, by: str, system: str) -> Rejected:
    said = {"email": wanted.email, "phone": wanted.phone}.get(by) or (
        f"{wanted.first_name} {wanted.last_name}".strip()
    )
    names = " and ".join(f"{_called(one)} ({_numbered(one)})" for one in equal[:NAMED])
    more = f" and {len(equal) - NAMED} more" if len(equal) > NAMED else ""
    return Rejected(
        f"{len(equal)} customers of {system} fit “{said}” {_EQUALLY} {names}{more}",
        field="email" if by == "email" else by,
        said=said,
        advice=f"Choose the one it is. Or merge them in {system}, or give the right one this e-mail"
        " address alone, then replay the record.",
    )


@dataclass(frozen=True)
class Candidate:
    """A customer that a person may choose: id there, and what they are called."""

    key: str
    name: str


def candidates(said: str) -> list[Candidate]:
    """The customers that the message of a refusal for want of a decision names, else []."""
    if _EQUALLY not in said:
        return []
    return [Candidate(found["key"], found[0]) for found in _NAMED.finditer(said)]


def _numbered(customer: Customer) -> str:
    number = customer.number if customer.number not in ("", customer.key) else ""
    return f"{number}, id {customer.key}" if number else f"id {customer.key}"


def _called(customer: Customer) -> str:
    """In quotes, by which the names of people are kept out of what many records share."""
    name = f"{customer.first_name} {customer.last_name}".strip()
    return f"“{name}”" if name else "one without a name"
