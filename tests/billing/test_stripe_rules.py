"""What needs no Stripe: amounts, refusals of banks, and settings that are refused."""

from __future__ import annotations

import runpy
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tenants.billing.stripe import amounts, declines
from tenants.billing.stripe.problems import Refused
from tenants.billing.stripe.reading import Intent
from tests.operations.production import environment

SETTINGS = Path(__file__).resolve().parents[2] / "clarity" / "settings.py"
D = Decimal


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("7140.00", "USD", 714000),
        ("0.01", "EUR", 1),
        ("595", "JPY", 595),
        ("12.340", "KWD", 12340),
        ("100.05", "HUF", 10005),
    ],
)
def test_amounts_are_counted_as_stripe_counts_them(amount: str, currency: str, minor: int) -> None:
    assert amounts.to_minor(D(amount), currency) == minor
    assert amounts.from_minor(minor, currency) == D(amount)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("12.345", "KWD"), ("0.5", "JPY"), ("0.005", "USD"), ("0", "USD"), ("-1", "USD"),
     ("NaN", "USD")],
)  # fmt: skip
def test_amounts_that_stripe_cannot_take_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(Refused, match="cannot be paid by card"):
        amounts.to_minor(D(amount), currency)
    assert amounts.from_minor(1, "XXX") is None


REFUSED = Intent(
    id="pi", status="requires_payment_method", minor=1, received=0, currency="USD",
    customer_id="cus", method_id="pm", paid_at=datetime(2027, 1, 1, tzinfo=UTC), is_live=False,
    code="card_declined",
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "words", "is_final"),
    [
        ({"decline": "insufficient_funds"}, "not enough money", False),
        ({"decline": "stolen_card"}, "refused the card without saying why", True),
        ({"decline": "expired_card"}, "has expired", True),
        ({"decline": "generic_decline"}, "without saying why", False),
        ({"decline": "generic_decline", "advice": "do_not_try_again"}, "refused", True),
        ({"decline": "", "code": "card_declined"}, "refused", False),
        ({"decline": "a_new_word"}, "refused", True),
        ({"status": "requires_action"}, "confirm this payment yourself", True),
    ],
)
def test_a_card_is_asked_again_only_where_that_can_help(
    said: dict[str, str], words: str, is_final: bool
) -> None:
    found = declines.of(replace(REFUSED, **said))  # type: ignore[arg-type]
    assert words in found.said
    assert found.is_final is is_final
    # What a bank suspects is not for a page.
    assert "stolen" not in found.said


@pytest.mark.parametrize(
    ("set_to", "words"),
    [
        ({"CLARITY_STRIPE_SECRET_KEY": "sk_live_x"}, "go together"),
        ({"CLARITY_STRIPE_WEBHOOK_SECRET": "whsec_x"}, "go together"),
        ({"CLARITY_STRIPE_API_BASE": "http://127.0.0.1:1"}, "must begin with https"),
    ],
)
def test_half_of_the_keys_or_an_open_way_is_refused(
    set_to: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(**set_to).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=words):
        runpy.run_path(str(SETTINGS))
