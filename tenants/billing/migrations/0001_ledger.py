"""The ledger: plans, subscriptions, invoices that cannot be changed, payments."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import tenants.billing.arithmetic.taxes
import tenants.billing.models.ledger
import tenants.billing.models.plan
from tenants.rls import ProtectTenantTable

# Triggers, not missing grants: the owner of the tables and the staff door must not rewrite what was
# issued either. A line may be added while its invoice has fewer than it says; no number is free
# afterwards, and none can be taken away.
IMMUTABLE = """
CREATE FUNCTION billing_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are issued once, never changed or deleted; write a credit note',
        TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON billing_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION billing_is_written_once();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON billing_invoiceline
    FOR EACH STATEMENT EXECUTE FUNCTION billing_is_written_once();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON billing_payment
    FOR EACH STATEMENT EXECUTE FUNCTION billing_is_written_once();

CREATE FUNCTION billing_line_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM billing_invoice i
        WHERE i.id = NEW.invoice_id AND i.tenant_id = NEW.tenant_id AND NEW.number <= i.line_count
    ) THEN
        RAISE EXCEPTION 'invoice % has no line %', NEW.invoice_id, NEW.number
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER line_belongs AFTER INSERT ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_line_belongs();

CREATE FUNCTION billing_numbers_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.last <> OLD.last + 1
       OR (NEW.seller_id, NEW.kind, NEW.year) <> (OLD.seller_id, OLD.kind, OLD.year) THEN
        RAISE EXCEPTION 'invoice numbers follow one another without a gap'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER numbers_follow BEFORE UPDATE OR DELETE ON billing_numberseries
    FOR EACH ROW EXECUTE FUNCTION billing_numbers_follow();
"""
CHANGEABLE = """
DROP TRIGGER numbers_follow ON billing_numberseries;
DROP FUNCTION billing_numbers_follow();
DROP TRIGGER line_belongs ON billing_invoiceline;
DROP FUNCTION billing_line_belongs();
DROP TRIGGER written_once ON billing_payment;
DROP TRIGGER written_once ON billing_invoiceline;
DROP TRIGGER written_once ON billing_invoice;
DROP FUNCTION billing_is_written_once();
"""
TENANT_TABLES = (
    "Subscription",
    "BilledPair",
    "Contract",
    "Discount",
    "BillingDetails",
    "Invoice",
    "InvoiceLine",
    "Payment",
    "Receivable",
)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0005_api_tokens"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LegalEntity",
            fields=[
                ("code", models.SlugField(max_length=20, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("address", models.TextField(blank=True)),
                ("country", models.CharField(max_length=2)),
                ("tax_id", models.CharField(blank=True, max_length=60)),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                ("prefix", models.CharField(max_length=12)),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("is_usual", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_usual", True)),
                        fields=("is_usual",),
                        name="one_usual_seller",
                    ),
                    models.UniqueConstraint(fields=("prefix",), name="seller_prefix_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("invoice", "Invoice"), ("credit", "Credit note")], max_length=8
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("sequence", models.PositiveIntegerField()),
                ("number", models.CharField(max_length=40, unique=True)),
                ("cause", models.CharField(max_length=120)),
                ("issued_at", models.DateTimeField()),
                ("issued_on", models.DateField()),
                ("due_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("line_count", models.PositiveSmallIntegerField()),
                ("net", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("tax", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("total", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("seller_said", models.JSONField()),
                ("buyer_said", models.JSONField()),
                ("reason", models.TextField(blank=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_notes",
                        to="billing.invoice",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.legalentity",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=8)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.legalentity",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[("manual", "Entered by finance"), ("stripe", "Stripe")],
                        max_length=8,
                    ),
                ),
                ("reference", models.CharField(max_length=120)),
                ("amount", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("currency", models.CharField(max_length=3)),
                ("received_on", models.DateField()),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="billing.invoice",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("code", models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("months", models.PositiveSmallIntegerField(default=12)),
                ("fair_use_a_month", models.PositiveIntegerField(default=50000)),
                ("net_days", models.PositiveSmallIntegerField(default=14)),
                (
                    "reminder_days",
                    models.JSONField(default=tenants.billing.models.plan.usual_reminders),
                ),
                ("grace_days", models.PositiveSmallIntegerField(default=30)),
                ("readable_days", models.PositiveSmallIntegerField(default=90)),
                ("is_offered", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("months__gte", 1)), name="plan_has_months"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=3)),
                ("monthly", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("starts_on", models.DateField()),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prices",
                        to="billing.plan",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Receivable",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("open", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("due_on", models.DateField()),
                ("reminders", models.PositiveSmallIntegerField(default=0)),
                ("reminder_on", models.DateField(db_index=True, null=True)),
                ("grace_ends_on", models.DateField()),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receivable",
                        to="billing.invoice",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("time_zone", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("cancelled", "Cancelled"),
                            ("resting", "Resting"),
                            ("ended", "Ended"),
                        ],
                        max_length=9,
                    ),
                ),
                ("anchor_on", models.DateField()),
                ("term_starts_on", models.DateField()),
                ("renews_on", models.DateField(db_index=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("cancel_reason", models.TextField(blank=True)),
                ("ended_on", models.DateField(null=True)),
                ("readable_until", models.DateField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "next_plan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.plan",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.plan",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.legalentity",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BilledPair",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("pair_id", models.UUIDField()),
                ("pair_name", models.CharField(max_length=120)),
                ("starts_on", models.DateField()),
                ("paid_until", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("is_taken", models.BooleanField(default=False)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("percent", models.DecimalField(decimal_places=4, max_digits=7)),
                ("country", models.CharField(max_length=2)),
                ("region", models.CharField(blank=True, max_length=40)),
                (
                    "buyers",
                    models.CharField(
                        choices=[
                            ("all", "All"),
                            ("businesses", "Businesses"),
                            ("others", "Others"),
                        ],
                        default=tenants.billing.arithmetic.taxes.Buyers["ALL"],
                        max_length=10,
                    ),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tax_rates",
                        to="billing.legalentity",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BillingDetails",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("address", models.TextField(blank=True)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("region", models.CharField(blank=True, max_length=40)),
                ("tax_id", models.CharField(blank=True, max_length=60)),
                ("contact_name", models.CharField(blank=True, max_length=200)),
                ("contact_email", models.EmailField(blank=True, max_length=254)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant",), name="billing_details_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Contract",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=3)),
                ("a_term", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("note", models.TextField(blank=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "starts_on"), name="contract_once"),
                    models.CheckConstraint(
                        condition=models.Q(("a_term__gte", 0)), name="contract_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Discount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("percent", models.DecimalField(decimal_places=4, default=0, max_digits=7)),
                (
                    "off_a_term",
                    tenants.billing.models.ledger.Amount(
                        decimal_places=3, default=0, max_digits=16
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("off_a_term__gte", 0), ("percent__gte", 0), ("percent__lte", 100)
                        ),
                        name="discount_takes_off",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("credits_number", models.PositiveSmallIntegerField(null=True)),
                ("text", models.CharField(max_length=300)),
                ("pair_id", models.UUIDField(null=True)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("days", models.PositiveSmallIntegerField()),
                ("of_days", models.PositiveSmallIntegerField()),
                ("a_term", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("gross", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("discount", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("discount_name", models.CharField(blank=True, max_length=80)),
                ("net", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("tax_name", models.CharField(blank=True, max_length=80)),
                ("tax_percent", models.DecimalField(decimal_places=4, max_digits=7)),
                ("tax", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="billing.invoice",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("invoice", "number"), name="invoice_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "net",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("gross"), "-", models.F("discount")
                                ),
                            )
                        ),
                        name="invoice_line_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="invoice_line_from_one"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["tenant", "issued_on", "id"], name="invoice_by_day"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("seller", "kind", "year", "sequence"), name="invoice_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "cause"), name="invoice_cause_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            models.F("net"), "+", models.F("tax")
                        ),
                    )
                ),
                name="invoice_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrects__isnull", True), ("kind", "invoice"), ("total__gte", 0)),
                    models.Q(("corrects__isnull", False), ("kind", "credit"), ("total__lte", 0)),
                    _connector="OR",
                ),
                name="invoice_or_credit_note",
            ),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.UniqueConstraint(
                fields=("seller", "kind", "year"), name="series_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                fields=("tenant", "method", "reference"), name="payment_reference_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="payment_is_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.UniqueConstraint(
                fields=("plan", "currency", "starts_on"), name="price_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.CheckConstraint(
                condition=models.Q(("monthly__gte", 0)), name="price_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="receivable",
            index=models.Index(
                condition=models.Q(("open__gt", 0)),
                fields=["tenant", "due_on"],
                name="receivable_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                fields=("tenant",), name="subscription_once_per_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "cancelled", "resting", "ended"])),
                name="subscription_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("renews_on__gt", models.F("term_starts_on"))),
                name="subscription_term_has_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="billedpair",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ends_on__isnull", True)),
                fields=("tenant", "pair_id"),
                name="pair_billed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__gte", 0), ("percent__lte", 100)),
                name="tax_is_a_percentage",
            ),
        ),
        *(ProtectTenantTable(name) for name in TENANT_TABLES),
        migrations.RunSQL(IMMUTABLE, CHANGEABLE),
    ]
