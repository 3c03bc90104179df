"""Merges a record that goes both ways into the one that stands on the other side.

Three states are compared field by field: the record that comes, the one that stands there, read just
before the write, and what both were last known to say (`echoes`). Only what the source has changed
is written, and the pair's merge rules decide where both have changed a field.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db.models import Q
from pydantic import ValidationError

from integrations.connector_kit.base import Receipt
from integrations.connector_kit.errors import Rejected, Unsupported
from integrations.connector_kit.payload import Payload
from integrations.models import Delivery, DeliveryState, Direction, Flow, Link
from integrations.sync import echoes, many
from integrations.sync.echoes import Print, Side
from integrations.sync.links import Known
from integrations.sync.merge_rules import Verdict, decide, rule_of
from integrations.sync.sessions import Session
from mappings.canonical.comparing import comparable, fields, flat
from mappings.canonical.record import Entity, Record, Skipped
from mappings.engine.rules import RuleSet
from tenants import scope

_NAMES = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")
# Beside both sides a link notes by which rules it was carried last, in each direction.
RULES = "rules"
_PATHS = ("source", "path")


_KNOWN: dict[tuple[str, str], Mapping[str, Sequence[str]]] = {}
_MOST_KNOWN = 1000


def sources_of(rules: RuleSet) -> Mapping[str, Sequence[str]]:
    """By target field the source fields that its rules read, however they read them."""
    key = (rules.name, rules.version)
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        found: dict[str, set[str]] = {}
        for rule in rules.rules:
            found.setdefault(_field(rule.target), set()).update(_read_by(rule.model_dump()))
        _KNOWN[key] = {target: sorted(names) for target, names in found.items()}
    return _KNOWN[key]


def _read_by(rule: Mapping[str, Any]) -> Iterable[str]:
    for name, value in rule.items():
        if isinstance(value, Mapping):
            yield from _read_by(value)
        elif isinstance(value, list | tuple):
            for one in value:
                yield from _read_by(one) if isinstance(one, Mapping) else ()
        elif name in _PATHS and isinstance(value, str):
            yield _field(value)
        elif name == "expression" and isinstance(value, str):
            yield from map(_field, _NAMES.findall(value))


def _field(path: str) -> str:
    """The field a path leads into: "addresses[].city" is a part of "addresses"."""
    first, _, rest = path.partition(".")
    if first == "custom" and rest:
        return "custom." + re.split(r"[.\[]", rest)[0]
    return first.partition("[")[0]


def noted(flow: Flow, record: Record, sources: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What a stored delivery needs to be merged later, whenever that is."""
    made = echoes.print_of(flow.pair_id, record)
    return {
        "sources": dict(sources),
        "rules": flow.pair.merge_rules.get(flow.entity, {}),
        "hashes": made.hashes,
        "at": made.at,
    }


@dataclass
class Merge:
    """One delivery of a record that goes both ways. `seen`: of both sides, by side.

    After the call: `written` by field what stood there before; `lost`: fields where the other
    side's value comes back to us; `agreed`: fields that say the same already.
    """

    flow: Flow
    source: Print
    seen: Mapping[str, Side]
    wanted: Mapping[str, Any]
    sources: Mapping[str, Sequence[str]]
    rules: Mapping[str, Any]
    session: Session
    source_key: str
    is_linked: bool
    book: str = ""
    """The rules that made the fields, by the name a delivery keeps of them."""
    there: Print | None = None
    is_new: bool = True
    """Also where the connector did not ask what to write: it wrote all there is."""
    written: dict[str, str] = field(default_factory=dict)
    agreed: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)

    @property
    def pair_id(self) -> UUID:
        return self.flow.pair_id

    def of_source(self) -> Side:
        return self.seen.get(echoes.source_side(self.flow.direction)) or {}

    def of_target(self) -> Side:
        return self.seen.get(echoes.target_side(self.flow.direction)) or {}

    def news(self) -> list[str]:
        """The target fields that depend on something the source has changed; none: it is an echo."""
        if not self.of_source() or self._has_new_rules():
            return list(self.wanted)
        changed = echoes.changed(self.source, self.of_source())
        return [name for name in self.wanted if _depends(self.sources.get(name, ()), changed)]

    def _has_new_rules(self) -> bool:
        """Whether what was carried last was made by other rules, so that all is compared again."""
        before = (self.seen.get(RULES) or {}).get(self.flow.direction)
        return before is not None and list(before) != _named(self.book)

    def over(self, there: Mapping[str, Any] | None) -> dict[str, Any]:
        """The fields to write over the record `there`, as `read` shows it; None: it will be made.

        Raises Rejected where a person must decide. May be called again.
        """
        self.written, self.agreed, self.lost = {}, set(), set()
        self.is_new = there is None
        if there is None:
            return _deep(self.wanted)
        stands = normalised(self.session, Entity(self.flow.entity), there)
        if not self.is_linked:
            _refuse_taken(self, stands)
        self.there = echoes.print_of(self.pair_id, stands)
        said = fields(stands)
        going = {
            name: self.wanted[name]
            for name in self.news()
            if self._is_to_be_written(name, said.get(name), is_known=name in said)
        }
        return _deep(going)

    def _is_to_be_written(self, name: str, value: Any, *, is_known: bool) -> bool:
        assert self.there is not None  # noqa: S101 - the caller has just set it
        before = self.there.hashes.get(name, "")
        if before == echoes.hash_of(self.pair_id, name, self.wanted[name]):
            self.agreed.add(name)
            return False
        verdict = Verdict.WRITE
        if is_known:
            verdict = decide(
                rule_of(self.rules, name),
                source=echoes.source_side(self.flow.direction),
                is_blank=not before,
                is_changed=echoes.is_news(before, self.there.at, self.of_target().get(name)),
                source_at=self.source.at,
                target_at=self.there.at,
            )
        if verdict is Verdict.HOLD:
            raise _conflict(self, name, value)
        if verdict is Verdict.YIELD:
            self.lost.add(name)
        if verdict is Verdict.WRITE:
            self.written[name] = before
        return verdict is Verdict.WRITE


def normalised(session: Session, entity: Entity, raw: Mapping[str, Any]) -> Record:
    """Their record in our words, as it stands there."""
    port = session.port(entity)
    assert port is not None and port.normalise is not None  # noqa: S101, PT018 - it goes both ways
    return port.normalise(Payload(raw), session.account)


def begun(
    row: Delivery, document: Mapping[str, Any], known: Known, session: Session
) -> Merge | None:
    """The merge of a delivery about to be written; None for one that goes one way."""
    note = document.get("both")
    if not note:
        return None
    found = known.of(row.flow, row.entity, row.key)
    return Merge(
        flow=row.flow,
        source=Print(note["hashes"], int(note["at"])),
        seen=found.seen if found else {},
        wanted=flat(document.get("fields", {})),
        sources=note["sources"],
        rules=note["rules"],
        session=session,
        source_key=row.key,
        is_linked=found is not None,
        book=row.mapping_version,
    )


def echo(merge: Merge) -> tuple[DeliveryState, str] | None:
    """What becomes of a record of which nothing is to be written; None when there is news."""
    if merge.news():
        return None
    if echoes.is_ours(merge.source, merge.of_source()):
        return DeliveryState.FILTERED, echoes.OUR_CHANGE
    return DeliveryState.UNCHANGED, echoes.NO_NEWS


def _depends(read: Sequence[str], changed: Iterable[str]) -> bool:
    """A rule that reads all custom fields depends on each of them."""
    return any(
        name in read or (name.startswith("custom.") and "custom" in read) for name in changed
    )


def _deep(values: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in values.items():
        if name.startswith("custom."):
            made.setdefault("custom", {})[name.removeprefix("custom.")] = value
        else:
            made[name] = value
    return made


def _refuse_taken(merge: Merge, stands: Record) -> None:
    """Two records here are never one there: whose changes would count?

    Raises Rejected naming both. Asked in whatever thread makes the call.
    """
    to_pos = merge.flow.direction == Direction.TO_POS
    here, there = ("store_key", "pos_key") if to_pos else ("pos_key", "store_key")
    with scope.tenant(merge.session.tenant_id):
        other = (
            Link.objects.filter(
                pair_id=merge.pair_id, entity=merge.flow.entity, **{there: stands.key}
            )
            .exclude(**{here: merge.source_key})
            .values_list(here, flat=True)
            .first()
        )
    database.close()
    if other is not None:
        raise _taken(merge, other, stands.number or stands.key)


def _taken(merge: Merge, other: str, there: str) -> Rejected:
    entity, target = merge.flow.entity, merge.session.connection.name
    return Rejected(
        f"The {entity}s {other} and {merge.source_key} are one {entity} of {target}"
        f" ({there}), which is linked with {other}",
        field="key",
        said=merge.source_key,
        advice="Make them one where they come from, or give each its own e-mail address and phone"
        " number, then replay the record.",
    )


def _conflict(merge: Merge, name: str, value: Any) -> Rejected:
    target = merge.session.connection.name
    here, there = comparable(name, merge.wanted[name]), comparable(name, value)
    return Rejected(
        f"Both sides have changed {name}: {here!r} comes, {target} has {there!r}",
        field=name,
        said=f"{here} / {there}",
        advice="Make both sides say the same, or choose another merge rule for this field, then"
        " replay the record.",
    )


def taken(found: Sequence[tuple[Delivery, Receipt]]) -> dict[int, Rejected]:
    """By delivery why it is not linked: another record, written at the same time, is that one there.

    Call before the links are remembered, inside the tenant's scope.
    """
    new = [(row, receipt) for row, receipt in found if row.merge and not row.merge.is_linked]
    if not new:
        return {}
    wanted = Q()
    for row, receipt in new:
        side = "pos_key" if row.flow.direction == Direction.TO_POS else "store_key"
        wanted |= Q(pair_id=row.flow.pair_id, entity=row.entity, **{side: receipt.id})
    holders: dict[tuple[object, ...], str] = {}
    for link in Link.objects.filter(wanted):
        holders[link.pair_id, link.entity, "to_pos", link.pos_key] = link.store_key
        holders[link.pair_id, link.entity, "to_store", link.store_key] = link.pos_key
    refused = {}
    for row, receipt in new:
        place = (row.flow.pair_id, row.entity, str(row.flow.direction), receipt.id)
        holder = holders.setdefault(place, row.key)
        if holder != row.key:
            refused[row.pk] = _taken(row.merge, holder, receipt.label or receipt.id)
    return refused


# --- what both sides are known to say afterwards ---------------------------------------------------


def keep(found: Sequence[tuple[Delivery, Receipt]]) -> list[tuple[Delivery, str]]:
    """Notes on the links what was written and seen; call when the links are remembered.

    Answers the deliveries whose target must be read again, with its id: something there has to come
    back to the source. The two lanes of a pair may do this at once, so the rows are locked.
    """
    mine = [(row, row.merge, receipt) for row, receipt in found if row.merge is not None]
    if not mine:
        return []
    wanted = Q()
    for row, _, receipt in mine:
        wanted |= Q(pair_id=row.flow.pair_id, entity=row.entity, **_keys(row, receipt))
    links = {
        (link.pair_id, link.entity, link.pos_key, link.store_key): link
        for link in Link.objects.select_for_update().filter(wanted).order_by("pk")
    }
    again = []
    for row, merge, receipt in mine:
        keys = _keys(row, receipt)
        link = links[row.flow.pair_id, row.entity, keys["pos_key"], keys["store_key"]]
        is_first = not link.seen
        link.seen = _noted_on(link.seen, merge, receipt)
        if merge.lost or (is_first and not merge.is_new):
            again.append((row, receipt.id))
    many.update(Link, list(links.values()), ["seen"])
    return again


def _keys(row: Delivery, receipt: Receipt) -> dict[str, str]:
    to_pos = row.flow.direction == Direction.TO_POS
    pos, store = (receipt.id, row.key) if to_pos else (row.key, receipt.id)
    return {"pos_key": pos, "store_key": store}


def _noted_on(seen: Mapping[str, Any], merge: Merge, receipt: Receipt) -> dict[str, Any]:
    direction = merge.flow.direction
    source, target = echoes.source_side(direction), echoes.target_side(direction)
    return {
        source: _seen_at_source(seen.get(source) or {}, merge),
        target: _left_at_target(seen.get(target) or {}, merge, receipt),
        RULES: {**(seen.get(RULES) or {}), direction: _named(merge.book)},
    }


def _named(book: str) -> list[str]:
    return [hashlib.blake2b(book.encode(), digest_size=6).hexdigest()]


def _seen_at_source(seen: Side, merge: Merge) -> dict[str, Any]:
    """All that the record said counts as carried, but what must be carried back."""
    back = {name for lost in merge.lost for name in (*merge.sources.get(lost, ()), lost)}
    fresh = {
        name: [text]
        for name, text in merge.source.hashes.items()
        if name not in back and echoes.is_news(text, merge.source.at, seen.get(name))
    }
    # A blank is noted too, or a value taken away and given again would be no news.
    blank = {name for name, text in merge.source.hashes.items() if not text}
    return {name: [""] for name in blank} | {**seen, **fresh}


def _left_at_target(seen: Side, merge: Merge, receipt: Receipt) -> dict[str, Any]:
    """What we wrote, as it stands there now; what nobody wrote is not touched, it may be news."""
    shown = _shown(merge, receipt)
    before = merge.there.at if merge.there else 0
    left = dict(seen)
    if merge.is_new:
        made = shown or {
            name: echoes.hash_of(merge.pair_id, name, value) for name, value in merge.wanted.items()
        }
        left |= {name: [text, "", before] for name, text in made.items()}
    for name, old in merge.written.items():
        wanted = echoes.hash_of(merge.pair_id, name, merge.wanted[name])
        left[name] = [(shown or {}).get(name, wanted), old, before]
    if merge.there:
        for name in merge.agreed:
            text = merge.there.hashes.get(name, "")
            if name not in left or left[name][0] != text:
                left[name] = [text]
    for name in merge.lost:
        # So that it is news when it is read again.
        left.pop(name, None)
    return left


def _shown(merge: Merge, receipt: Receipt) -> Mapping[str, str] | None:
    if receipt.shown is None:
        return None
    try:
        stands = normalised(merge.session, Entity(merge.flow.entity), receipt.shown)
    except (Rejected, Unsupported, Skipped, ValidationError):
        # It is written all the same; what it cannot be read as will be said of its own notice.
        return None
    return echoes.print_of(merge.pair_id, stands).hashes
