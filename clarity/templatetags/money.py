"""Amounts and days of bills, written the same everywhere."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django import template

from tenants.billing.arithmetic.countries import COUNTRIES
from tenants.billing.arithmetic.money import shown

register = template.Library()


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """ "7,140.00 USD"."""
    return shown(amount, currency)


@register.filter
def last_day(ends_on: date) -> date:
    """The last day of a period that is kept by the day after it."""
    return ends_on - timedelta(days=1)


@register.filter
def country_name(code: str) -> str:
    """ "Germany" for DE; what is no code stays as it is."""
    return COUNTRIES.get(code, code)


@register.filter
def thousands(number: int) -> str:
    """ "50,000"."""
    return f"{number:,}"
