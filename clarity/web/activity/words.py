"""What states are called on the pages: a word, a tone and a sign, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.canonical.record import Entity


@dataclass(frozen=True)
class Badge:
    word: str
    tone: str
    icon: str


BADGES = {
    "waiting": Badge("On its way", "azure", "clock"),
    "passed": Badge("Passed on", "azure", "clock"),
    "delivered": Badge("Delivered", "green", "check"),
    "unchanged": Badge("No change", "muted", "equal"),
    "merged": Badge("Merged", "muted", "merge"),
    "replaced": Badge("Replaced", "muted", "merge"),
    "filtered": Badge("Left out", "muted", "minus"),
    "held": Badge("Held", "orange", "hand"),
    "dead": Badge("Given up", "red", "cross"),
}

PAIR_BADGES = {
    "draft": Badge("Draft", "muted", "minus"),
    "testing": Badge("Testing", "azure", "clock"),
    "live": Badge("Live", "green", "check"),
    "paused": Badge("Paused", "orange", "pause"),
}

ENTITIES = {
    Entity.ORDER: "Order",
    Entity.CUSTOMER: "Customer",
    Entity.PRODUCT: "Product",
    Entity.INVENTORY: "Stock",
    Entity.PAYMENT: "Payment",
    Entity.SHIPMENT: "Shipment",
    Entity.REFUND: "Refund",
    Entity.GIFT_CARD: "Gift card",
}

# In the order of the sum: everything received is one of these.
COUNTERS = ("delivered", "waiting", "unchanged", "merged", "filtered", "held", "dead")


def badge(state: str) -> Badge:
    return BADGES.get(state) or Badge(state.replace("_", " ").capitalize(), "muted", "minus")


def entity_word(entity: str) -> str:
    return next((word for known, word in ENTITIES.items() if known == entity), entity)


def duration(seconds: float | None) -> str:
    """ "0.42 s", "12 s", "3 min 20 s", "2 h 5 min", "3 d"; "" for None."""
    if seconds is None:
        return ""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d"
