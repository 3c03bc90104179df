"""Percentages as people write them."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def percent(share: Decimal) -> str:
    """ "19 %" for 19.0000, "8.875 %" for 8.8750."""
    plain = f"{share:f}"
    return f"{plain.rstrip('0').rstrip('.') if '.' in plain else plain} %"
