"""What is read at Stripe, as we know it: only the fields that something depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tenants.billing.stripe import library

if TYPE_CHECKING:
    from stripe import Dispute as DisputeObject
    from stripe import PaymentIntent, PaymentMethod
    from stripe import Refund as RefundObject
    from stripe.checkout import Session as SessionObject


@dataclass(frozen=True)
class Intent:
    """A payment. `minor` was asked for, `received` came. `code`, `decline`, `advice` of a refusal."""

    id: str
    status: str
    minor: int
    received: int
    currency: str
    customer_id: str
    method_id: str
    paid_at: datetime
    is_live: bool
    said: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    decline: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Session:
    """A page of Checkout. `url` is "" when it is not open any more."""

    id: str
    status: str
    url: str
    intent_id: str
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """What is paid with: of a card its brand, of a bank account the bank's name."""

    id: str
    kind: str
    brand: str
    last4: str
    expires_month: int | None = None
    expires_year: int | None = None


@dataclass(frozen=True)
class Back:
    """Money that went back, or came again: `minor` is below zero for what went.

    `undoes`: it only counts where that reference is booked. `by_bank`: taken, not given.
    """

    reference: str
    intent_id: str
    minor: int
    currency: str
    at: datetime
    undoes: str = ""
    by_bank: bool = False


def intent(intent_id: str) -> Intent:
    """Reads a payment. Raises Away, Refused."""
    with library.talking("reading a payment"):
        found = library.client().v1.payment_intents.retrieve(
            intent_id, {"expand": ["latest_charge"]}
        )
    return as_intent(found)


def as_intent(found: PaymentIntent) -> Intent:
    """The payment as we know it."""
    charge = found.latest_charge
    paid = charge.created if charge is not None and not isinstance(charge, str) else found.created
    error = found.last_payment_error
    return Intent(
        id=found.id,
        status=found.status,
        minor=found.amount,
        received=found.amount_received or 0,
        currency=found.currency.upper(),
        customer_id=id_of(found.customer),
        method_id=id_of(found.payment_method),
        paid_at=datetime.fromtimestamp(paid, UTC),
        is_live=found.livemode,
        said=_said(found.metadata),
        code=text(error, "code"),
        decline=text(error, "decline_code"),
        advice=text(error, "advice_code"),
    )


def session(session_id: str) -> Session:
    """Reads a page of Checkout. Raises Away, Refused."""
    with library.talking("reading a page of Checkout"):
        return as_session(library.client().v1.checkout.sessions.retrieve(session_id))


def as_session(found: SessionObject) -> Session:
    """The page as we know it."""
    return Session(
        id=found.id,
        status=found.status or "",
        url=found.url or "",
        intent_id=id_of(found.payment_intent),
        said=_said(found.metadata),
    )


def as_method(found: PaymentMethod) -> Method:
    """What is paid with, as we know it."""
    card, bank = getattr(found, "card", None), getattr(found, "us_bank_account", None)
    if card:
        brand, last4 = text(card, "brand"), text(card, "last4")
        return Method(found.id, found.type, brand, last4, card.exp_month, card.exp_year)
    if bank:
        return Method(found.id, found.type, text(bank, "bank_name"), text(bank, "last4"))
    return Method(found.id, found.type, "", "")


def refund(refund_id: str) -> list[Back]:
    """Money paid back. Raises Away, Refused."""
    with library.talking("reading a refund"):
        found = library.client().v1.refunds.retrieve(refund_id)
    return _refunded(found)


def refunds_of(charge_id: str) -> list[Back]:
    """All that was paid back of a charge. Raises Away, Refused."""
    with library.talking("reading refunds"):
        rows = library.client().v1.refunds.list({"charge": charge_id, "limit": 100})
        return [back for row in rows.auto_paging_iter() for back in _refunded(row)]


def dispute(dispute_id: str) -> list[Back]:
    """What the bank took back, and what it gave again. Raises Away, Refused.

    Of a dispute, balance transactions say what moved; they count in the currency of our bank, so
    the amount is that of the dispute itself.
    """
    with library.talking("reading a dispute"):
        found = library.client().v1.disputes.retrieve(dispute_id)
    return _disputed(found)


def id_of(value: Any) -> str:
    """The id of an object that may be given whole, as its id, or not at all."""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value.id)


def text(found: Any, name: str) -> str:
    """A field that Stripe leaves out where it has nothing to say."""
    return getattr(found, name, None) or ""


def _refunded(found: RefundObject) -> list[Back]:
    """Nothing while it is under way. One that failed after it had succeeded was booked by then, and
    the money is here again."""
    if not found.payment_intent:
        return []
    at, currency = datetime.fromtimestamp(found.created, UTC), found.currency.upper()
    intent_id = id_of(found.payment_intent)
    if found.status == "succeeded":
        return [Back(found.id, intent_id, -found.amount, currency, at)]
    if found.status in ("failed", "canceled"):
        again = f"{found.id} {found.status}"
        return [Back(again, intent_id, found.amount, currency, at, undoes=found.id)]
    return []


def _disputed(found: DisputeObject) -> list[Back]:
    if not found.payment_intent:
        return []
    intent_id, currency = id_of(found.payment_intent), found.currency.upper()
    moved = []
    for row in found.balance_transactions:
        at = datetime.fromtimestamp(row.created, UTC)
        if row.amount < 0:
            moved.append(Back(found.id, intent_id, -found.amount, currency, at, by_bank=True))
        elif row.amount > 0:
            won = f"{found.id} won"
            moved.append(Back(won, intent_id, found.amount, currency, at, by_bank=True))
    return moved


def _said(metadata: Any) -> dict[str, str]:
    if not metadata:
        return {}
    return {str(name): str(value) for name, value in metadata.to_dict().items()}
