"""Safety stock: units that are never offered online, by article and location."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from integrations.connector_kit.base import Notice
from integrations.models import Pair, SafetyStock, StockedArticle
from integrations.services.csv_cells import as_csv, safe_cell
from integrations.sync import intake
from integrations.sync.stock_numbers import ALL
from mappings.canonical.record import Entity
from tenants.models import User
from tenants.services import audit

MOST_ROWS = 100_000
LONGEST = 191
MOST_UNITS = Decimal(1_000_000)
_COLUMNS = ("sku", "location", "units")


class BadSafetyStock(ValueError):
    """A row cannot be kept; the message names it and says why."""


@dataclass(frozen=True)
class Row:
    """`sku` "*" means every article, `location` "" every location. `units` None takes it away."""

    sku: str
    location: str = ""
    units: Decimal | None = None


def rows(pair: Pair) -> Sequence[SafetyStock]:
    """Those of a pair, the general ones first. Call inside the tenant's scope."""
    return list(SafetyStock.objects.filter(pair=pair).order_by("sku", "location"))


def put(pair: Pair, wanted: Iterable[Row], *, actor: User | None, now: datetime) -> int:
    """Sets or takes away rows and has the numbers worked out again; answers how many changed.

    Call inside the tenant's scope. Raises BadSafetyStock, and then nothing is changed.
    """
    checked = {(row.sku, row.location): _checked(row) for row in wanted}
    if len(checked) > MOST_ROWS:
        raise BadSafetyStock(f"{len(checked):,} rows were given; at most {MOST_ROWS:,} are kept.")
    known = {(one.sku, one.location): one.units for one in rows(pair)}
    changed = [row for name, row in checked.items() if known.get(name) != row.units]
    for row in changed:
        mine = SafetyStock.objects.filter(pair=pair, sku=row.sku, location=row.location)
        if row.units is None:
            mine.delete()
        else:
            SafetyStock.objects.update_or_create(
                pair=pair,
                sku=row.sku,
                location=row.location,
                defaults={"tenant_id": pair.tenant_id, "units": row.units, "changed_at": now},
            )
    if changed:
        audit.record(
            action="safety_stock.changed",
            object_type="Pair",
            object_id=pair.pk,
            actor=actor,
            before={
                "rows": [
                    [row.sku, row.location, _text(known.get((row.sku, row.location)))]
                    for row in changed[:100]
                ]
            },
            after={"rows": [[row.sku, row.location, _text(row.units)] for row in changed[:100]]},
        )
        _work_out_again(pair, changed, now=now)
    return len(changed)


def read_csv(text: str) -> list[Row]:
    """Rows of a file with the columns sku, location and units. Raises BadSafetyStock by line."""
    found, problems = look_through(text)
    if problems:
        raise BadSafetyStock(problems[0])
    return found


def look_through(text: str) -> tuple[list[Row], list[str]]:
    """The rows of such a file that are good, and what is wrong with each of the others."""
    lines = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    found: list[Row] = []
    problems: list[str] = []
    try:
        if any(name not in (lines.fieldnames or ()) for name in _COLUMNS):
            return [], [f"The first line must name the columns {', '.join(_COLUMNS)}."]
        for number, line in enumerate(lines, 2):
            try:
                found.append(parse(*(_cell(str(line[name] or "")) for name in _COLUMNS)))
            except BadSafetyStock as error:
                problems.append(f"Line {number}: {error}")
    except csv.Error as error:
        problems.append(f"Line {lines.line_num}: this is no line of a table ({error}).")
    return found, problems


def table(pair: Pair) -> str:
    """The rows of a pair as such a file. Call inside the tenant's scope."""
    found = rows(pair)
    return as_csv(_COLUMNS, [[row.sku, row.location, _text(row.units)] for row in found])


def unknown(pair: Pair, skus: Iterable[str]) -> list[str]:
    """Those of the SKUs under which no stock was published yet. Call inside the tenant's scope."""
    asked = {sku for sku in skus if sku != ALL}
    till = StockedArticle.objects.filter(till=pair.pos_id, sku__in=asked)
    return sorted(asked - set(till.values_list("sku", flat=True)))


def _cell(text: str) -> str:
    """Without the mark that our own files put before what a spreadsheet would run."""
    return text[1:] if text.startswith("'") and safe_cell(text[1:]) == text else text


def parse(sku: str, location: str, units: str) -> Row:
    """A row as a person writes it; no units take it away. Raises BadSafetyStock."""
    text = units.strip()
    try:
        return _checked(Row(sku.strip(), location.strip(), Decimal(text) if text else None))
    except InvalidOperation:
        raise BadSafetyStock(f"{text!r} is no number of units.") from None


def _checked(row: Row) -> Row:
    for said, what in ((row.sku, "SKU"), (row.location, "location")):
        if len(said) > LONGEST or "\x00" in said:
            raise BadSafetyStock(
                f"The {what} {said[:40]!r} cannot be kept: at most {LONGEST} signs."
            )
    if not row.sku:
        raise BadSafetyStock('A row needs a SKU, or "*" for every article.')
    if row.units is not None and row.units.is_finite() and row.units != round(row.units, 3):
        raise BadSafetyStock(f"{row.sku}: {row.units} has more than three digits after the point.")
    if row.units is not None and not (row.units.is_finite() and 0 <= row.units <= MOST_UNITS):
        raise BadSafetyStock(
            f"{row.sku}: {row.units} units were given; a number from 0 to {MOST_UNITS:,} is needed."
        )
    return row


def _work_out_again(pair: Pair, changed: Sequence[Row], *, now: datetime) -> None:
    """Reads the articles again; where all are meant, each of those that were ever published."""
    articles = StockedArticle.objects.filter(till=pair.pos_id)
    if not any(row.sku == ALL for row in changed):
        articles = articles.filter(sku__in={row.sku for row in changed})
    keys = sorted(articles.values_list("key", flat=True))
    intake.accept(
        tenant_id=pair.tenant_id,
        connection_id=pair.pos_id,
        notices=[Notice(Entity.INVENTORY, key, topic="safety stock") for key in keys],
        now=now,
    )


def _text(units: Decimal | None) -> str:
    return "" if units is None else f"{units.normalize():f}"
