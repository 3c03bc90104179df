"""Numbers as Magento means them: it computes with floats and sends 29.949999999999999 for 29.95."""

from __future__ import annotations

from decimal import Decimal

# Magento keeps prices, weights and quantities with four places.
_FOUR, _TWO = Decimal("0.0001"), Decimal("0.01")


def rounded(value: object) -> Decimal:
    """With two places where that says all, else with four. Raises InvalidOperation."""
    four = Decimal(str(value)).quantize(_FOUR)
    two = four.quantize(_TWO)
    return two if two == four else four


def maybe_rounded(value: object) -> Decimal | None:
    """None for nothing and ""."""
    return None if value in (None, "") else rounded(value)
