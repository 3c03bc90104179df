"""Why a card was refused, in words, and whether to ask it again.

https://docs.stripe.com/declines/codes : card networks charge for asking again where the bank said
no for good, so only the few that pass by themselves are asked again.
"""

from __future__ import annotations

from dataclasses import dataclass

from tenants.billing.stripe.reading import Intent

_PASSES = frozenset(
    {
        "",
        "card_velocity_exceeded",
        "generic_decline",
        "do_not_honor",
        "insufficient_funds",
        "issuer_not_available",
        "processing_error",
        "reenter_transaction",
        "try_again_later",
        "withdrawal_count_limit_exceeded",
    }
)
_SAID = {
    "authentication_required": "The bank wants you to confirm this payment yourself.",
    "card_not_supported": "The card cannot be used for this kind of payment.",
    "currency_not_supported": "The card cannot be charged in this currency.",
    "expired_card": "The card has expired.",
    "insufficient_funds": "There was not enough money on the card.",
    "issuer_not_available": "The bank could not be reached.",
    "processing_error": "The bank could not be reached.",
}
_USUAL = "The bank refused the card without saying why."
_NEEDS_ACTION = "requires_action"


_SIZES = ("amount_too_small", "amount_too_large")


def not_taken(code: str) -> str:
    """Why Stripe made no payment at all, from its word for it."""
    if code in _SIZES:
        return "Stripe does not take an amount of this size by card."
    return "Stripe cannot charge the card any more."


@dataclass(frozen=True)
class Refusal:
    """`code` is Stripe's word, `said` a sentence; `is_final`: another card is needed."""

    code: str
    said: str
    is_final: bool


def of(intent: Intent) -> Refusal:
    """Why this payment was refused."""
    code = intent.decline or intent.code
    if intent.status == _NEEDS_ACTION:
        code = "authentication_required"
    # `card_declined` alone says only that it was refused.
    reason = "" if code == "card_declined" else code
    is_final = reason not in _PASSES or intent.advice == "do_not_try_again"
    return Refusal(code or "refused", _SAID.get(reason, _USUAL), is_final)
