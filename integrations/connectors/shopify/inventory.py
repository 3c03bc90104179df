"""Stock levels as a target: up to 250 absolute quantities in one call.

Shopify: inventorySetQuantities; Idempotent requests. One wrong entry makes the call change nothing,
so it is taken out and the rest sent again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Result
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connectors.shopify.answers import IN_PROGRESS
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.inventory_items import Item, find_items
from integrations.connectors.shopify.user_errors import user_errors

BATCH_SIZE = 250

_KEYS = uuid.UUID("6f1d2f6e-5a0b-4b55-9d0a-5f8c1c9d7a31")
# Their answer when a key was used for something else or its first use failed: a new key helps.
_WORN_KEY = frozenset({"IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"})
_GONE = "INVALID_INVENTORY_ITEM"
_ADVICE = {
    _GONE: "The variant was deleted in Shopify. Relink the article, then replay.",
    "INVALID_LOCATION": "Choose another Shopify location in the settings of the connection.",
    "NON_MUTABLE_INVENTORY_ITEM": "A bundle has no stock of its own; leave it out of this flow.",
}


@dataclass(frozen=True)
class _Entry:
    """One level to set. `at`: its place in the batch; `found`: whether a search found the item."""

    at: int
    outgoing: Outgoing
    location: str
    quantity: int
    item: Item

    @property
    def place(self) -> tuple[str, str]:
        return self.item.gid, self.location


def write_many(client: ShopClient, batch: Sequence[Outgoing]) -> list[Result]:
    """Sets each level to its quantity, results in the order of the batch.

    Quantities are absolute, so a batch whose outcome is unknown may simply be sent again. Raises
    TryLater and NeedsOwner for the batch as a whole; nothing was written then, or all of it.
    """
    results = _written(client, batch)
    gone = [at for at, result in enumerate(results) if _is_gone(result) and batch[at].linked_id]
    if gone:
        # The linked item went with its variant; the article may have another one by now.
        free = [replace(batch[at], linked_id="", delivery_id=_again(batch[at])) for at in gone]
        for at, result in zip(gone, _written(client, free), strict=True):
            results[at] = result if isinstance(result, Receipt) else results[at]
    return results


def _is_gone(result: Result) -> bool:
    return isinstance(result, Rejected) and result.said.startswith(_GONE)


def _again(outgoing: Outgoing) -> str:
    """Another name, since the idempotency key is made of it and the item is another."""
    return f"{outgoing.delivery_id}/relinked"


def _written(client: ShopClient, batch: Sequence[Outgoing]) -> list[Result]:
    results = _Results()
    entries = _one_per_place(_entries(client, batch, results), results)
    # An article may have a level at each of several locations.
    for start in range(0, len(entries), BATCH_SIZE):
        _set(client, entries[start : start + BATCH_SIZE], results, part=start // BATCH_SIZE)
    return [results[at] for at in range(len(batch))]


class _Results(dict[int, Result]):
    """By place in the batch. Of an article with several levels the worst one speaks for it."""

    def add(self, at: int, result: Result) -> None:
        before = self.get(at)
        if isinstance(before, Exception):
            return
        if isinstance(before, Receipt) and not isinstance(result, Exception):
            result = before if before.outcome is Outcome.UPDATED else result
        self[at] = result


def _set(client: ShopClient, entries: list[_Entry], results: _Results, *, part: int) -> None:
    worn = 0
    while entries:
        payload = _send(client, entries, worn, part)
        errors = user_errors(payload)
        if not errors:
            _accepted(entries, payload, results)
            break
        codes = {str(error.get("code")) for error in errors}
        if IN_PROGRESS in codes:
            raise TryLater("Shopify is still working on the same stock levels.", after=2)
        if codes <= _WORN_KEY and worn < 2:
            worn += 1
            continue
        entries = _without_refused(entries, errors, results)


def _entries(client: ShopClient, batch: Sequence[Outgoing], results: _Results) -> list[_Entry]:
    items = find_items(client, batch)
    default = client.account.setting("location_id")
    made = []
    for at, outgoing in enumerate(batch):
        item = items[at]
        try:
            if isinstance(item, Rejected):
                raise item
            made += [
                _entry(at, outgoing, level.get("location_id") or default, level, item)
                for level in _levels(outgoing)
            ]
        except Rejected as refused:
            results.add(at, refused)
    return made


def _levels(outgoing: Outgoing) -> Sequence[Mapping[str, Any]]:
    """One quantity for each location, or one for the location of the connection."""
    return outgoing.fields.get("levels") or (outgoing.fields,)


def _entry(
    at: int, outgoing: Outgoing, location: object, level: Mapping[str, Any], item: Item
) -> _Entry:
    if not location:
        raise Rejected(
            "No Shopify location is chosen",
            field="location_id",
            advice="Choose the location in the settings of the Shopify connection, then replay.",
        )
    quantity = level.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool):
        raise Rejected(
            f"quantity is {quantity!r}, a whole number was expected",
            field="quantity",
            said=str(quantity),
            advice="Map the quantity with the type integer.",
        )
    if item.tracked is False:
        raise _untracked(outgoing)
    return _Entry(at, outgoing, to_gid("Location", str(location)), quantity, item)


def _untracked(outgoing: Outgoing) -> Rejected:
    sku = str(outgoing.fields.get("sku") or outgoing.key)
    return Rejected(
        f"Shopify does not track the stock of SKU {sku}",
        field="sku",
        said=sku,
        advice="Switch on Track quantity for the variant in Shopify, then replay.",
    )


def _one_per_place(entries: list[_Entry], results: _Results) -> list[_Entry]:
    """Leaves out entries that fight over one level; Shopify takes each level once a call."""
    groups: dict[tuple[str, str], list[_Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.place, []).append(entry)
    kept = []
    for group in groups.values():
        if len({entry.outgoing.key for entry in group}) == 1:
            # The same article twice: the later one is newer, and speaks for both.
            kept.append(group[-1])
            for entry in group[:-1]:
                results.add(entry.at, Receipt(id=entry.item.gid, outcome=Outcome.UNCHANGED))
            continue
        for entry in group:
            refused = Rejected(
                "Several articles set the stock of one Shopify variant",
                field="sku",
                said=", ".join(sorted(each.outgoing.key for each in group)),
                advice="Give each article its own variant, then replay.",
            )
            results.add(entry.at, refused)
    return kept


def _send(client: ShopClient, entries: Sequence[_Entry], worn: int, part: int) -> Mapping[str, Any]:
    quantities = [
        {
            "inventoryItemId": entry.item.gid,
            "locationId": entry.location,
            "quantity": entry.quantity,
            # Null overwrites. The key itself must be there, or the whole call is refused.
            "changeFromQuantity": None,
        }
        for entry in entries
    ]
    given = {
        "name": "available",
        "reason": "correction",
        "referenceDocumentUri": f"gid://clarity-connect/Delivery/{entries[0].outgoing.delivery_id}",
        "quantities": quantities,
    }
    reply = client.run("InventorySet", {"input": given, "key": _key(entries, worn, part)})
    payload: Mapping[str, Any] = reply.data["inventorySetQuantities"]
    return payload


def _key(entries: Sequence[_Entry], worn: int, part: int) -> str:
    """One key for one set of deliveries in one attempt. `part`: where its levels take two calls.

    A later attempt gets its own: the answer Shopify remembers for a failed one is that failure.
    """
    ids = sorted(entry.outgoing.delivery_id for entry in entries)
    attempt = max(entry.outgoing.attempt for entry in entries)
    return str(uuid.uuid5(_KEYS, "|".join([*ids, str(attempt), str(worn), *_later(part)])))


def _later(part: int) -> list[str]:
    return [f"part {part}"] if part else []


def _accepted(entries: Sequence[_Entry], payload: Mapping[str, Any], results: _Results) -> None:
    """Levels that had the quantity already are not in the list of changes."""
    changed: set[tuple[str, str]] = set()
    untracked: set[str] = set()
    for change in (payload.get("inventoryAdjustmentGroup") or {}).get("changes") or ():
        item, location = change.get("item") or {}, change.get("location") or {}
        changed.add((str(item.get("id")), str(location.get("id"))))
        if item.get("tracked") is False:
            untracked.add(str(item.get("id")))
    for entry in entries:
        if entry.item.gid in untracked:
            results.add(entry.at, _untracked(entry.outgoing))
            continue
        outcome = Outcome.UPDATED if entry.place in changed else Outcome.UNCHANGED
        receipt = Receipt(id=entry.item.gid, outcome=outcome, label=entry.item.sku)
        results.add(entry.at, receipt)


def _without_refused(
    entries: list[_Entry], errors: Sequence[Mapping[str, Any]], results: _Results
) -> list[_Entry]:
    """The entries Shopify did not complain about; all are refused when it named none."""
    named = {_place_of(error): error for error in errors}
    whole = named.pop(None, None)
    kept = []
    for index, entry in enumerate(entries):
        error = named.get(index) or (whole if not named else None)
        if error is None:
            kept.append(entry)
            continue
        said, code = str(error.get("message")), str(error.get("code") or "")
        refused = Rejected(
            f"Shopify refused the stock level: {said}",
            field=str((error.get("field") or ["quantity"])[-1]),
            said=f"{code}: {said}" if code else said,
            advice=_ADVICE.get(code, "Correct the value named here, then replay."),
        )
        results.add(entry.at, refused)
    return kept


def _place_of(error: Mapping[str, Any]) -> int | None:
    """3 for the path ["input", "quantities", "3", "locationId"]."""
    path = [str(step) for step in error.get("field") or ()]
    if "quantities" in path[:-1]:
        step = path[path.index("quantities") + 1]
        return int(step) if step.isdigit() else None
    return None
