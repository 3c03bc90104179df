"""Shows our people the books of the accounts they look after, as lists of several accounts."""

from __future__ import annotations

from django.db import migrations, models

from tenants.rls import LENIENT, STRICT, USER
from tenants.roles import APP

# What lists across accounts are made of. Lines, texts of buyers' details and who entered what are
# read at one account, through the door.
TABLES = (
    "subscription",
    "billedpair",
    "contract",
    "discount",
    "invoice",
    "payment",
    "receivable",
)
_ASSIGNED = (
    f"tenant_id IN (SELECT tenant_id FROM tenants_staffassignment WHERE staff_id = {USER}"  # noqa: S608 - names of ours
    " AND ended_at IS NULL)"
)
_ADDED = """
CREATE FUNCTION billing_prices_are_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a price is added, never changed or deleted; add one from a later day'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER prices_are_added BEFORE UPDATE OR DELETE ON billing_price
    FOR EACH ROW EXECUTE FUNCTION billing_prices_are_added();
"""
_EDITABLE = """
DROP TRIGGER prices_are_added ON billing_price;
DROP FUNCTION billing_prices_are_added();
"""


def _shown(table: str) -> str:
    # No account in scope is then no match instead of an error.
    return (
        f"ALTER POLICY tenant_isolation ON billing_{table} TO {APP}"
        f" USING (tenant_id = {LENIENT}) WITH CHECK (tenant_id = {LENIENT});"
        f"CREATE POLICY own_rows ON billing_{table} FOR SELECT TO {APP} USING ({_ASSIGNED});"
    )


def _hidden(table: str) -> str:
    return (
        f"DROP POLICY own_rows ON billing_{table};"
        f"ALTER POLICY tenant_isolation ON billing_{table} TO {APP}"
        f" USING (tenant_id = {STRICT}) WITH CHECK (tenant_id = {STRICT});"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_stripe"),
        ("billing", "0003_trials"),
        ("tenants", "0006_staff"),
    ]

    operations = [
        *(migrations.RunSQL(_shown(one), _hidden(one)) for one in TABLES),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["issued_on", "id"], name="invoice_lately"),
        ),
        migrations.AddIndex(
            model_name="receivable",
            index=models.Index(
                condition=models.Q(("open__gt", 0)),
                fields=["due_on", "id"],
                name="receivable_due",
            ),
        ),
        # A price is added, never edited: whoever agreed to it can see later what it was.
        migrations.AlterModelOptions(name="legalentity", options={"verbose_name": "seller"}),
        migrations.AlterModelOptions(
            name="numberseries", options={"verbose_name_plural": "numbers"}
        ),
        migrations.RunSQL(_ADDED, _EDITABLE),
    ]
