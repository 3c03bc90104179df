"""Troubles as lines: a badge, a sentence, and the one thing to press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from clarity.web.activity.words import Badge
from integrations.services.troubles import URGENCY, Kind
from tenants.models import Standing, User
from tenants.services import staff
from tenants.services.staff import May

RED, ORANGE, AZURE = "red", "orange", "azure"
BADGES: Mapping[Kind, Badge] = {
    Kind.RECONNECT: Badge("Reconnect", RED, "key"),
    Kind.INCIDENTS: Badge("Incidents", RED, "alert"),
    Kind.BACKLOG: Badge("Backlog", RED, "clock"),
    Kind.RENEWAL: Badge("Credentials end", ORANGE, "key"),
    Kind.PAST_GRACE: Badge("Past grace", RED, "alert"),
    Kind.PAUSED: Badge("Paused", ORANGE, "pause"),
    Kind.CHARGE: Badge("Card refused", ORANGE, "alert"),
    Kind.PAIR_PAUSED: Badge("Pair paused", ORANGE, "pause"),
    Kind.ACCURACY: Badge("Stock differs", ORANGE, "equal"),
    Kind.UNPAID: Badge("Unpaid", ORANGE, "clock"),
    Kind.MAIL: Badge("Mail not sent", ORANGE, "inbox"),
    Kind.ONBOARDING: Badge("Setting up", AZURE, "map"),
    Kind.TRIAL: Badge("Trial ends", AZURE, "clock"),
    Kind.TOKEN: Badge("Token ends", AZURE, "key"),
}
MONEY = (Kind.PAST_GRACE, Kind.CHARGE, Kind.UNPAID, Kind.MAIL, Kind.TRIAL)
# Somebody at the business has to do something: the button writes to them.
WRITES: Mapping[Kind, str] = {
    Kind.RECONNECT: "Write to the owners",
    Kind.RENEWAL: "Write to the owners",
    Kind.PAST_GRACE: "Remind them",
    Kind.CHARGE: "Write to the owners",
    Kind.UNPAID: "Remind them",
    Kind.MAIL: "Write to the owners",
    Kind.ONBOARDING: "Remind them",
    Kind.TRIAL: "Write to the owners",
    Kind.TOKEN: "Write to the owners",
}


@dataclass(frozen=True)
class Way:
    """A link to where something is done about it."""

    label: str
    url: str


@dataclass(frozen=True)
class Line:
    """One trouble, with the one thing to press, and others. `until`: left alone until then."""

    kind: Kind
    badge: Badge
    said: str
    since: datetime
    first: Way
    more: Sequence[Way]
    until: datetime | None


def lines_of(
    standing: Standing, person: User, *, only: Sequence[Kind] = (), is_alone: bool | None = None
) -> list[Line]:
    """The troubles of one tenant as they were written down, worst first, for this reader."""
    return [
        _line(one, standing.tenant.slug, person)
        for one in standing.troubles
        if one["kind"] in URGENCY
        and (not only or one["kind"] in only)
        and (is_alone is None or one.get("is_alone", False) is is_alone)
    ]


def _line(kept: Mapping[str, Any], slug: str, person: User) -> Line:
    kind = Kind(kept["kind"])
    ways = _ways(kind, kept, slug, person)
    until = kept.get("until")
    return Line(
        kind,
        BADGES[kind],
        kept["said"],
        datetime.fromisoformat(kept["since"]),
        ways[0],
        ways[1:],
        datetime.fromisoformat(until) if until else None,
    )


def _ways(kind: Kind, kept: Mapping[str, Any], slug: str, person: User) -> list[Way]:
    """What may be done about it, the most useful first; at least a place to look at."""
    ways: list[Way] = []
    if kind == Kind.MAIL and kept.get("act") and staff.may(person, May.KEEP_BOOKS):
        url = _at("account-mail-again", slug, letter_id=kept["act"])
        ways.append(Way("Send the oldest again", url))
    if staff.may(person, May.ACT):
        if acting := _acts(kind, kept, slug):
            ways.append(acting)
        if kind in WRITES:
            asked = urlencode({"about": kind.value, "which": kept["about"]})
            ways.append(Way(WRITES[kind], f"{_at('account-write', slug)}?{asked}"))
    ways.append(_place(kind, kept, slug))
    if staff.may(person, May.ACT):
        asked = urlencode({"which": kept["about"]})
        ways.append(
            Way("Leave it until…", f"{_at('account-snooze', slug, kind=kind.value)}?{asked}")
        )
    return ways


def _acts(kind: Kind, kept: Mapping[str, Any], slug: str) -> Way | None:
    """What we can do about it ourselves."""
    match kind:
        case Kind.PAUSED:
            return Way("Resume", _at("account-resume", slug, connection_id=kept["about"]))
        case Kind.PAIR_PAUSED if url := _if_any("account-pair-resume", slug, pair_id=kept["about"]):
            return Way("Resume", url)
        case Kind.INCIDENTS if kept.get("act"):
            return Way("Replay the oldest", _at("account-replay", slug, incident_id=kept["act"]))
    return None


def _place(kind: Kind, kept: Mapping[str, Any], slug: str) -> Way:
    """Where it is to be seen."""
    about = kept["about"]
    match kind:
        case Kind.RECONNECT | Kind.RENEWAL | Kind.PAUSED:
            url = _if_any("account-connection", slug, connection_id=about)
            return Way("See the connection", url or _part(slug, "connections"))
        case Kind.INCIDENTS:
            return Way("See the incidents", _part(slug, "incidents"))
        case Kind.BACKLOG:
            return Way("See what waits", _part(slug, "pairs"))
        case Kind.PAIR_PAUSED | Kind.ACCURACY:
            url = _if_any("account-pair", slug, pair_id=about)
            return Way("See the pair", url or _part(slug, "pairs"))
        case Kind.ONBOARDING:
            return Way("See the step", _part(slug, "setting-up"))
        case Kind.TOKEN:
            return Way("See the members", _part(slug, "members"))
        case _:
            url = _if_any("account-billing", slug)
            return Way("Open billing", url or _part(slug, "billing"))


def _at(name: str, slug: str, **more: Any) -> str:
    return reverse(f"admin:{name}", kwargs={"slug": slug, **more})


def _if_any(name: str, slug: str, **more: Any) -> str:
    """The page of what the trouble is about; "" when this installation has none."""
    try:
        return _at(name, slug, **more)
    except NoReverseMatch:
        return ""


def _part(slug: str, part: str) -> str:
    return f"{_at('account', slug)}#{part}"
