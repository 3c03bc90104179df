"""What a person has discarded stays left out until the record changes where it comes from.

Systems tell of one state of a record more than once: an event is followed by a poll, a poll by a
backfill. None of them is news, whatever they call its version, unless the record says something else
than when the person decided. Call inside the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from integrations.models import Delivery, DeliveryState, InboxItem, InboxState
from integrations.sync import history
from mappings.canonical.record import Entity

DISCARDED = "Discarded: "
"""How the reason of a discarded row begins; the person's own words follow."""


def of_deliveries(rows: Sequence[Delivery]) -> dict[int, str]:
    """By place, of rows that are not stored yet: why a person has discarded what they say.

    Never of stock: what stands in the shop has changed since, though the number has not.
    """
    asked = {place: row for place, row in enumerate(rows) if row.entity != Entity.INVENTORY}
    last = history.last_deliveries(asked) if asked else {}
    if not last:
        return {}
    found = Delivery.objects.filter(
        pk__in=last.values(), state=DeliveryState.FILTERED, reason__startswith=DISCARDED
    )
    before = {one.pk: one for one in found.select_related("inbox_item")}
    return {
        place: one.reason
        for place, pk in last.items()
        if (one := before.get(pk)) is not None
        and _says_the_same(asked[place], one)
        and not _is_replay(asked[place], one)
    }


def _says_the_same(row: Delivery, before: Delivery) -> bool:
    if row.content_hash and row.content_hash == before.content_hash:
        return True
    if not (row.version and before.version):
        return not row.content_hash and _is_same_refusal(row, before)
    # Times may be told in whole seconds, so other fields of one version are news, unless it is the
    # rules that make others of the same record.
    is_of_one_make = row.mapping_version == before.mapping_version
    is_whole = bool(row.content_hash and before.content_hash)
    return row.version == before.version and not (is_whole and is_of_one_make)


def _is_replay(row: Delivery, before: Delivery) -> bool:
    """Whether a person has thought better of it: the notice runs again, or was to run again."""
    if before.inbox_item.state != InboxState.PASSED:
        return True
    return Delivery.objects.filter(inbox_item=row.inbox_item_id, flow=row.flow_id).exists()


def leave_out_items(items: Iterable[InboxItem]) -> None:
    """Leaves those held or given up out again whose last notice was discarded for the same."""
    stopped = [one for one in items if one.state in (InboxState.HELD, InboxState.DEAD)]
    before = history.items_before(stopped) if stopped else {}
    if not before:
        return
    rows = InboxItem.objects.filter(
        pk__in=before.values(), state=InboxState.FILTERED, reason__startswith=DISCARDED
    )
    discarded = {row.pk: row for row in rows}
    for item in stopped:
        one = discarded.get(before.get(item.pk, 0))
        # A notice without a version, whose record could not be read, can be told by that alone.
        if one and _is_same_refusal(item, one) and _may_be_one_version(item, one):
            item.state, item.reason = InboxState.FILTERED, one.reason


def _may_be_one_version(item: InboxItem, before: InboxItem) -> bool:
    return not (item.version and before.version) or item.version == before.version


def _is_same_refusal(row: InboxItem | Delivery, before: InboxItem | Delivery) -> bool:
    return (row.field, row.said, row.advice) == (before.field, before.said, before.advice)
