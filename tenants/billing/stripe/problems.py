"""What can go wrong with Stripe. Messages are for people and hold nothing of what Stripe answered."""

from __future__ import annotations

from tenants.billing.services.problems import BillingProblem

# Stripe's word for an object it does not know, or not in the mode of the key.
MISSING = "resource_missing"


class Away(BillingProblem):
    """Stripe does not answer, or not now. What was asked may have happened there: read it again."""


class NotSetUp(Away):
    """No keys of Stripe are set (any more)."""


class Refused(BillingProblem):
    """Stripe does not take what we ask. `code` is its word for it."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class KeyTaken(Refused):
    """The idempotency key was used with other values: what was asked then is not what is asked now."""


class CardRefused(Refused):
    """The bank refuses the card. `decline` is why, as Stripe says it, and `advice` what to do."""

    def __init__(self, *, code: str, decline: str, advice: str) -> None:
        super().__init__("The bank refused the card.", code=code)
        self.decline = decline
        self.advice = advice


class NotSigned(ValueError):
    """A body that Stripe did not sign, or not lately."""
