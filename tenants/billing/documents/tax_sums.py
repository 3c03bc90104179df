"""The taxes of a document by rate, as it shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from tenants.billing.arithmetic.money import ZERO
from tenants.billing.arithmetic.taxes import shown_percent
from tenants.billing.models import InvoiceLine


@dataclass(frozen=True)
class TaxSum:
    """The tax of the lines that have one rate."""

    name: str
    percent: Decimal
    net: Decimal
    tax: Decimal

    @property
    def said(self) -> str:
        """ "NY sales tax 8.875 %"."""
        return f"{self.name or 'Tax'} {shown_percent(self.percent)}"


def tax_sums(lines: Iterable[InvoiceLine]) -> list[TaxSum]:
    """Net and tax by rate; nothing where no tax was added."""

    def rate(line: InvoiceLine) -> tuple[str, Decimal]:
        return line.tax_name, line.tax_percent

    found = []
    for (name, percent), each in groupby(sorted(lines, key=rate), key=rate):
        same = list(each)
        if name or percent:
            net = sum((line.net for line in same), ZERO)
            found.append(TaxSum(name, percent, net, sum((line.tax for line in same), ZERO)))
    return found
