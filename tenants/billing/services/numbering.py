"""Numbers of invoices and credit notes: by seller and year, without gaps.

The row of the series is locked until the transaction ends. What is rolled back gives its number
back; two that issue at once wait for one another.
"""

from __future__ import annotations

from django.db import connection

from tenants.billing.models import InvoiceKind, LegalEntity

_MARK = {InvoiceKind.INVOICE: "", InvoiceKind.CREDIT: "CN-"}


def take(seller: LegalEntity, kind: InvoiceKind, year: int) -> tuple[int, str]:
    """The next number and how it is written: "CC-2026-000017", "CC-CN-2026-000003".

    Call last in a transaction, for others wait.
    """
    key = (str(seller.pk), kind.value, year)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_numberseries (seller_id, kind, year, last) VALUES (%s, %s, %s, 0)"
            " ON CONFLICT DO NOTHING",
            key,
        )
        cursor.execute(
            "UPDATE billing_numberseries SET last = last + 1"
            " WHERE seller_id = %s AND kind = %s AND year = %s RETURNING last",
            key,
        )
        sequence = int(cursor.fetchone()[0])
    return sequence, f"{seller.prefix}-{_MARK[kind]}{year}-{sequence:06d}"
