"""Where each field of a delivered record came from: source, rule, version, person and time.

Worked out on demand: the record lies sealed with the delivery, its rules are named by the
delivery's `mapping_version`, and neither a version nor a revision of tables is ever changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.models import Delivery, Flow
from integrations.services.mapping_reading import CannotRead, applied, preset_named
from integrations.services.shadow_records import canonical, flat, reading, records_of
from integrations.services.veils import veiled
from integrations.sync import rulebooks
from integrations.sync.rulebooks import Named, RuleBook, read_label
from integrations.sync.sessions import load, open_for_reading
from integrations.sync.stages.transform import plain, reading_of, reference_of
from mappings.canonical.record import Entity, Record
from mappings.engine.explain import Explained, explain
from mappings.engine.rules import Rule, RuleSet
from mappings.models import MappingVersion, TableRevision

# A huge order has thousands; a page shows the first of them.
MOST_FIELDS = 1_000


@dataclass(frozen=True)
class Origin:
    """One field as it was sent, and what made it.

    `sources` are (path, value) in the source record; none for a constant. `rule` says in words what
    the rule does, `row` is the rule as data. `is_own`: the pair's own rule, else a shipped one.
    `note` says what else a person should know.
    """

    target: str
    value: Any
    sources: Sequence[tuple[str, Any]] = ()
    rule: str = ""
    row: Mapping[str, Any] = field(default_factory=dict)
    is_own: bool = False
    note: str = ""


@dataclass(frozen=True)
class Provenance:
    """Everything that is known of one delivery's fields. `note`: why something is not known.

    `number` is that of the published version, 0 for the shipped rules; then nobody published it.
    """

    label: str
    source: str
    target: str
    preset: str
    digest: str
    number: int
    published_by: str
    published_at: datetime | None
    tables_revision: int
    fields: Sequence[Origin]
    left: int = 0
    """How many fields there are beyond those shown."""
    note: str = ""
    is_worked_out: bool = False
    """Nothing was kept, since nothing was to be sent: this is what the rules make of the notice."""


@dataclass(frozen=True)
class _Rules:
    rules: RuleSet
    version: MappingVersion | None
    own: frozenset[str]
    tables: Mapping[str, Mapping[str, str]]


def of_delivery(delivery: Delivery) -> Provenance:
    """The origin of each field the delivery sent, or was to send. Call inside the tenant's scope.

    What can no longer be worked out (pruned documents, rules of an older release that cannot be
    read) leaves the fields without an origin, and a note.
    """
    flow = _flow(delivery)
    named = read_label(delivery.mapping_version)
    document = veiled(delivery.entity, _document(flow, delivery))
    sent = dict(list(flat(document["fields"]))) if document.get("fields") else {}
    note, rules = "", None
    explained: list[Explained] = []
    pieces: dict[str, str] = {}
    try:
        rules = _rules(flow, named, delivery.mapping_version)
        explained, pieces = _explained(flow, delivery, rules, document)
    except CannotRead as error:
        note = str(error)
    if delivery.payload_id is None:
        sent = _worked_out(explained)
    version = rules.version if rules else None
    shown = list(sent.items())[:MOST_FIELDS]
    return Provenance(
        label=delivery.mapping_version,
        source=flow.source.name,
        target=flow.target.name,
        preset=named.preset if named else delivery.mapping_version,
        digest=named.digest if named else "",
        number=named.number if named else 0,
        published_by=str(version.published_by) if version and version.published_by else "",
        published_at=version.published_at if version else None,
        tables_revision=named.tables_revision if named else 0,
        fields=_origins(shown, explained, rules, named, pieces),
        left=max(0, len(sent) - len(shown)),
        note=note if sent else note or _GONE[delivery.payload_id is None],
        is_worked_out=delivery.payload_id is None,
    )


def of_record(
    record: Record, *, fields: Mapping[str, Any], flow: Flow, book: RuleBook, reference: str
) -> list[Origin]:
    """The origin of each field that the rules of now made of a record. Call inside the scope."""
    shipped = rulebooks.shipped(flow).rules
    own = frozenset(rule.slot for rule in book.rules.rules if rule not in shipped)
    rules = _Rules(book.rules, None, own, book.tables)
    read = reading_of(record, source=open_for_reading(flow.source), reference=reference)
    explained = explain(book.rules, read, book.tables)
    pieces = _pieces(read)
    sent = list(flat(fields))[:MOST_FIELDS]
    return _origins(sent, explained, rules, read_label(book.label), pieces)


_GONE = {
    True: "What the rules made of it was not kept, and its notice does not show the record.",
    False: "The fields were deleted when their time was up.",
}


def _document(flow: Flow, delivery: Delivery) -> Mapping[str, Any]:
    """What was kept of the delivery. Of one that was never to be sent: its record, read again."""
    if delivery.payload_id is not None:
        return load(delivery.payload_id) or {}
    record = record_of(flow, delivery)
    return {"record": record.model_dump(mode="json")} if record else {}


def record_of(flow: Flow, delivery: Delivery) -> Record | None:
    """The delivery's record in our words, read from its notice once more where it was not kept.

    Call inside the tenant's scope; asks no account.
    """
    return records_of(reading(flow), [delivery]).get(delivery.pk)


def _worked_out(explained: Sequence[Explained]) -> dict[str, Any]:
    """The fields at which the rules fail, then every field they give."""
    found: dict[str, Any] = {one.target: None for one in explained if one.problem is not None}
    for one in explained:
        if one.result is not None:
            found.update(flat(plain(one.result), one.target))
    return found


def _flow(delivery: Delivery) -> Flow:
    found: Flow = Flow.objects.select_related("source", "target", "pair").get(pk=delivery.flow_id)
    return found


def _rules(flow: Flow, named: Named | None, label: str) -> _Rules:
    """The very rules and tables the label names. Raises CannotRead."""
    if named is None:
        raise CannotRead(f"By which rules it was mapped cannot be told from {label or 'nothing'}.")
    preset = preset_named(f"{named.preset}@{named.digest}")
    version: MappingVersion | None = None
    if named.number:
        version = (
            MappingVersion.objects.select_related("published_by")
            .filter(
                set_id=flow.pair.mapping_set_id,
                entity=flow.entity,
                direction=flow.direction,
                number=named.number,
            )
            .first()
        )
        if version is None:
            raise CannotRead(f"Version {named.number} of its rules is not there any more.")
    made = version.changes if version else []
    rules = applied(preset, made)
    tables: Mapping[str, Mapping[str, str]] = {}
    if named.tables_revision and flow.pair.mapping_set_id:
        tables = rulebooks.tables_at(flow.pair.mapping_set_id, named.tables_revision)
    own = frozenset(rule.slot for rule in rules.rules if rule not in preset.rules)
    return _Rules(rules, version, own, tables)


def _explained(
    flow: Flow, delivery: Delivery, rules: _Rules, document: Mapping[str, Any]
) -> tuple[list[Explained], dict[str, str]]:
    """What each rule did with the record as it was kept, and of which line each piece of an order
    is. Raises CannotRead."""
    kept = document.get("record")
    if kept is None:
        return [], {}
    record = canonical(Entity(delivery.entity), kept)
    if record is None:
        raise CannotRead("The record was kept in a form that this release does not read any more.")
    reference = delivery.reference
    if delivery.payload_id is None:
        reference = reference_of(record, target=open_for_reading(flow.target))
    read = reading_of(
        record, source=open_for_reading(flow.source), reference=reference or record.key
    )
    return explain(rules.rules, read, rules.tables), _pieces(read)


def _pieces(read: Mapping[str, Any]) -> dict[str, str]:
    units = read.get("units") or ()
    return {f"units[{index}].": str(unit["path"]) for index, unit in enumerate(units)}


def _origins(
    sent: Sequence[tuple[str, Any]],
    explained: Sequence[Explained],
    rules: _Rules | None,
    named: Named | None,
    pieces: Mapping[str, str],
) -> list[Origin]:
    by_target: dict[str, list[Explained]] = {}
    for one in explained:
        if one.result is not None or one.problem is not None:
            by_target.setdefault(one.target, []).append(one)
    found = []
    for path, value in sent:
        made = _maker(path, value, by_target)
        if made is None or rules is None:
            # Rules that repeat over a list make it, also when the record has no row for it.
            words = "no row in the record" if rules and value in ([], {}) else ""
            found.append(Origin(path, value, rule=words))
            continue
        found.append(
            Origin(
                target=path,
                value=value,
                sources=tuple(zip(made.sources, made.values, strict=True)),
                rule=rule_words(made.rule, named.tables_revision if named else 0),
                row=made.rule.row(),
                is_own=made.rule.slot in rules.own,
                note=_note(made, path, value, pieces),
            )
        )
    return found


def _maker(path: str, value: Any, by_target: Mapping[str, Sequence[Explained]]) -> Explained | None:
    """The rule that made a field: of its own target, or of the object or list it lies in.

    A list may be filled by several rules that add to it: the one that gave this value counts.
    """
    place = path
    while place:
        made = by_target.get(place)
        if made:
            gave = [one for one in made if _gave(one.result, value)]
            return (gave or list(made))[-1]
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return None


def _gave(result: Any, value: Any) -> bool:
    shown = plain(result)
    return value in shown if isinstance(shown, list) else shown == value


def _note(made: Explained, path: str, value: Any, pieces: Mapping[str, str]) -> str:
    """What else is to be said: a failure, a default, a piece of a line, or what settings of now
    would give."""
    if made.problem is not None:
        return f"This stops the record: {made.problem.message}"
    if made.note:
        return "The rule's default, since nothing is there."
    result = plain(made.result)
    if path == made.target and not isinstance(result, dict | list) and str(result) != str(value):
        return f"Settings have changed since: with those of now it would be {result}."
    read = made.sources[0] if made.sources else ""
    piece = read[: read.find("].") + 2]
    if piece in pieces and read.endswith(("quantity", "unit_price")):
        return f"A piece of {pieces[piece]}, split so that its price is exact to the cent."
    return ""


def rule_words(rule: Rule, tables_revision: int = 0) -> str:
    """What a rule does, in a few words."""
    if rule.lookup:
        revision = f", revision {tables_revision}" if tables_revision else ""
        said = f"looked up in the table {rule.lookup.table}{revision}"
    elif rule.expression:
        said = "worked out by an expression"
    elif rule.constant is not None:
        said = "always this value"
    else:
        said = "taken over"
    if rule.type:
        said += f" as {rule.type}"
    if rule.append:
        said += ", added to the list"
    return said + (", under a condition" if rule.when else "")


def table_changes(set_id: Any, name: str) -> list[TableRevision]:
    """The revisions of a table, newest first, with who made them. Call inside the scope."""
    return list(
        TableRevision.objects.filter(set_id=set_id, name=name)
        .select_related("author")
        .order_by("-number")
    )
