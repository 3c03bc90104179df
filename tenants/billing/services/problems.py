"""What billing refuses. Each message is for people: what is wrong, and what to do."""

from __future__ import annotations


class BillingProblem(ValueError):
    """Nothing was written; the message says why. `field` names what was entered wrong, if any.

    `others`: what else was entered wrong, where a form is looked over as a whole.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.others: tuple[BillingProblem, ...] = ()


class NotAllowed(BillingProblem):
    """This person may not do that."""


class PriceChanged(BillingProblem):
    """It costs more now than what was agreed to; the new price is to be shown first."""


class CurrencyMismatch(BillingProblem):
    """An amount in another currency than the invoice or the subscription."""


class Unknown(BillingProblem):
    """There is no such row in this account."""
