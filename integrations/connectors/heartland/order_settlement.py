"""The money side of an order: totals compared, payments recorded, goods invoiced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.answers import Refused
from integrations.connectors.heartland.client import HeartlandClient, Row, matching
from integrations.connectors.heartland.order_fields import OrderFields, Tender
from integrations.connectors.heartland.order_lines import item_rows
from integrations.connectors.heartland.order_refunds import money_since, total_there
from integrations.connectors.heartland.order_run import Run
from integrations.connectors.heartland.order_settings import OrderSettings
from integrations.connectors.heartland.refund_fields import Given

ZERO = Decimal(0)
CANCELLED = frozenset({"void", "voided", "cancelled", "canceled"})
# The custom field of a payment that says which transaction of the store it is.
TRANSACTION = "gateway_transaction_id"
# The custom field of an order that says what became of a payment that brought no money.
STATUS_FIELD = "payment_status"
# What Shopify calls payment by gift card.
GIFT_CARD = "gift_card"


def status_of(row: Row) -> str:
    return str(row.get("status") or "").lower()


def custom_of(row: Row) -> Mapping[str, object]:
    """The custom fields of a row there."""
    custom = row.get("custom")
    return custom if isinstance(custom, Mapping) else {}


def amount(row: Row, name: str) -> Decimal:
    """An amount of a row there; nothing counts as zero."""
    value = row.get(name)
    return ZERO if value is None or value == "" else Decimal(str(value))


def agrees(run: Run, there: Row) -> bool:
    """Whether the totals are equal, but for refunds that Heartland books as returns."""
    wanted = total_there(run.order, run.related)
    return abs(amount(there, "total") - wanted) < run.settings.tolerance


def check_total(run: Run, there: Row, *, changed_later: bool = False, todo: str = "") -> None:
    """Raises Rejected with the sums of both sides when the totals differ."""
    theirs, ours = amount(there, "total"), run.order.total
    if abs(theirs - ours) < run.settings.tolerance or (changed_later and agrees(run, there)):
        return
    tax = there.get("tax_total")
    parts = f", of which {tax} tax it computed itself" if tax else ""
    advice = (
        "The order changed in the store after it was sent."
        f" {todo or 'Make the same change in Heartland, or a return for it'}, then replay."
        if changed_later
        else "If Heartland computes tax on web orders, turn that off there or let it compute the"
        " tax alone (setting tax_as). Correct or void the pending order in Heartland, then replay."
    )
    raise Rejected(
        f"{run.name}: Heartland comes to {theirs}{parts}, the store to {ours}.",
        field="total",
        said=f"Heartland {theirs}, store {ours}, difference {theirs - ours}",
        advice=f"Store: {run.order.arithmetic()}. Heartland: {theirs}{parts}. {advice}",
    )


def pay(run: Run, order_id: str, *, fresh: bool) -> int:
    """Records the payments that are not there yet; how many were added.

    The store may name one payment differently from one notice to the next, and each payment comes
    as a record of its own too, so what was paid in all is compared first and is never exceeded.
    """
    path = f"/sales/orders/{order_id}/payments"
    there = [] if fresh else [row for row in run.client.every(path) if counts(row)]
    paid = sum((amount(row, "amount") for row in there), ZERO)
    # The store's payments are without what went back since; there that is a return of its own.
    since = ZERO if fresh else money_since(run.order, run.related)
    due = run.order.paid_total + since
    missing = []
    for number, tender in enumerate(run.order.tenders):
        row = _take(there, tender)
        if row is None:
            missing.append((number, tender))
        else:
            since -= amount(row, "amount") - tender.amount
    # Rows that are none of these payments: sums of them, or the same ones under another name.
    covered = max(ZERO, sum((amount(row, "amount") for row in there), ZERO) - max(ZERO, since))
    added = 0
    for number, tender in missing:
        if paid >= due:
            break
        if covered >= tender.amount:
            covered -= tender.amount
            continue
        if tender.is_sum:
            tender, covered = replace(tender, amount=tender.amount - covered), ZERO
        if paid + tender.amount > due:
            raise payment_conflict(run.order, number, paid, due)
        run.keep(f"payment_{number + 1}", record_payment(run, path, tender))
        paid += tender.amount
        added += 1
    return added


def payment_conflict(order: OrderFields, index: int, paid: Decimal, due: Decimal) -> Rejected:
    """What is recorded as paid cannot be made equal by adding a payment."""
    amount_there = order.tenders[index].amount
    return Rejected(
        f"Order {order.public_id}: {paid} is recorded as paid in Heartland, the store says {due},"
        f" and a payment of {amount_there} among it is not there.",
        field=f"payments[{index}].amount",
        said=str(amount_there),
        advice="Compare the payments of the order on both sides and correct Heartland.",
    )


def invoice(run: Run, order_id: str, *, fresh: bool = False) -> bool:
    """Takes the goods: one completed invoice of a paid order. Whether anything was done."""
    order = run.client.get(f"/sales/orders/{order_id}", what=run.name)
    if status_of(order) != "open" or _unpaid(run, order) > ZERO:
        # Heartland would ship goods nobody paid for; the next payment brings us here again.
        return False
    there = [] if fresh else invoices_of(run, order_id)
    if any(status_of(row) == "complete" for row in there):
        # The order may close a moment after its invoice; a second one would take the goods twice.
        return False
    location = run.settings.location_id
    pending = [row for row in there if str(row.get("source_location_id")) == location]
    invoice_id = str(pending[0]["id"]) if pending else _make_invoice(run, order_id)
    run.keep("invoice_id", invoice_id)
    path = f"/sales/invoices/{invoice_id}"
    if not run.client.page(f"{path}/lines"):
        _copy_lines(run, order_id, path)
    run.client.update(path, {"status": "complete"}, what=f"The invoice of {run.name}")
    run.keep("invoiced", "yes")
    return True


def _unpaid(run: Run, order: Row) -> Decimal:
    if order.get("balance") is not None:
        return amount(order, "balance")
    return amount(order, "total") - sum((one.amount for one in run.order.tenders), ZERO)


def invoices_of(run: Run, order_id: str) -> Sequence[Row]:
    """Invoices of the order that were not voided."""
    rows = run.client.every("/sales/invoices", (matching({"order_id": int(order_id)}),))
    return [
        row
        for row in rows
        if str(row.get("order_id")) == order_id and status_of(row) not in CANCELLED
    ]


def _make_invoice(run: Run, order_id: str) -> str:
    body = {
        "type": "Invoice",
        "order_id": int(order_id),
        "station_id": int(run.settings.station_id),
        "source_location_id": int(run.settings.location_id),
    }
    return run.client.create("/sales/invoices", body, what=f"The invoice of {run.name}")


def _copy_lines(run: Run, order_id: str, path: str) -> None:
    """Some tenants fill an invoice by scanning, so it may start empty."""
    for row in item_rows(list(run.client.every(f"/sales/orders/{order_id}/lines"))):
        run.client.create(
            f"{path}/lines",
            {"item_id": row["item_id"], "qty": row["qty"]},
            what=f"The invoice of {run.name}",
        )


def counts(row: Row) -> bool:
    return status_of(row) not in {*CANCELLED, "failed", "declined"}


def describe(tender: Tender) -> str:
    return " ".join(part for part in (tender.description or tender.gateway, tender.key) if part)


def _take(there: list[Row], tender: Tender) -> Row | None:
    for index, row in enumerate(there):
        if is_payment(row, tender):
            return there.pop(index)
    return None


def is_payment(row: Row, tender: Tender) -> bool:
    """Whether a payment there is this one: by its transaction, else by amount and description."""
    known = str(custom_of(row).get(TRANSACTION) or "")
    if known and tender.transaction_id:
        return known == tender.transaction_id
    return amount(row, "amount") == tender.amount and row.get("description") == describe(tender)


def payment_type(settings: OrderSettings, tender: Tender | Given) -> str:
    """Under which payment type money that came, or went back, through this tender is booked."""
    if tender.payment_type_id:
        return tender.payment_type_id
    if tender.gateway == GIFT_CARD and settings.gift_card_payment_type_id:
        return settings.gift_card_payment_type_id
    return settings.payment_type_id


class PaymentRun(Protocol):
    """What recording a payment needs of the attempt it belongs to."""

    @property
    def client(self) -> HeartlandClient: ...
    @property
    def settings(self) -> OrderSettings: ...
    @property
    def steps(self) -> Mapping[str, str]: ...
    @property
    def name(self) -> str: ...
    def keep(self, step: str, value: str) -> str: ...


def record_payment(run: PaymentRun, path: str, tender: Tender) -> str:
    """Sends the payment under the first spelling of its type that Heartland takes."""
    custom = {TRANSACTION: tender.transaction_id, "card_last4": tender.card_last4}
    body: dict[str, object] = {
        "deposit": True,
        "amount": tender.amount,
        "description": describe(tender),
        "custom": {name: value for name, value in custom.items() if value},
    }
    kind = payment_type(run.settings, tender)
    if kind:
        body["payment_type_id"] = int(kind)
    known = run.steps.get("payment_word") or run.client.words.get("payment", "")
    words = dict.fromkeys((*filter(None, (known,)), *run.settings.payment_words))
    refused: Refused | None = None
    for word in words:
        try:
            made = run.client.create(path, {"type": word, **body}, what=f"{run.name}, payment")
        except Refused as refusal:
            if not (refusal.about("type") or refusal.kind == "payment_error"):
                raise
            refused = refused or refusal
            continue
        run.client.words["payment"] = run.keep("payment_word", word)
        return made
    raise refused or Rejected(
        f"{run.name}: no payment type is named in the settings.", field="settings.payment_type_name"
    )
