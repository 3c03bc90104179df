"""What is kept of payments through Stripe, and where a transfer to the seller goes."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import tenants.billing.models.ledger
from tenants.rls import ProtectTenantTable

_ASSIGNED = (
    "SELECT tenant_id FROM tenants_staffassignment WHERE staff_id = {user} AND ended_at IS NULL"
)
# Whoever keeps the books: money of which nobody knows the account is theirs to look into.
_KEEPS_BOOKS = (
    "EXISTS (SELECT 1 FROM tenants_user WHERE id = {user} AND is_active AND is_staff"
    " AND staff_role IN ('finance', 'superuser'))"
)
_UNMATCHED = f"tenant_id IN ({_ASSIGNED}) OR (tenant_id IS NULL AND {_KEEPS_BOOKS})"


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_ledger"),
        ("tenants", "0006_staff"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="legalentity",
            name="bank_lines",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.CreateModel(
            name="StripeEvent",
            fields=[
                ("id", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=80)),
                ("object_id", models.CharField(max_length=255)),
                ("is_live", models.BooleanField()),
                ("happened_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "To be looked into"),
                            ("done", "Done"),
                            ("ignored", "Nothing of ours"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("tries", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["due_at"],
                        name="stripe_event_due",
                    ),
                    models.Index(fields=["received_at"], name="stripe_event_by_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "done", "ignored"])),
                        name="stripe_event_state_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentTry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("checkout", "By a person on Stripe's page"),
                            ("kept", "With what the owner lets us charge"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Being asked for"),
                            ("open", "Open at Stripe"),
                            ("processing", "The bank is at it"),
                            ("paid", "Paid"),
                            ("failed", "Refused"),
                            ("over", "Given up"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("amount", tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16)),
                ("currency", models.CharField(max_length=3)),
                ("session_id", models.CharField(max_length=255, null=True, unique=True)),
                ("intent_id", models.CharField(max_length=255, null=True, unique=True)),
                ("method_id", models.CharField(blank=True, max_length=255)),
                ("keeps_card", models.BooleanField(default=False)),
                ("is_card_kept", models.BooleanField(default=False)),
                ("problem_code", models.CharField(blank=True, max_length=80)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("is_final", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tries",
                        to="billing.invoice",
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
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("asked", "open", "processing"))),
                        fields=["tenant", "created_at"],
                        name="payment_try_running",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("invoice", "number"), name="payment_try_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("asked", "open", "processing"))),
                        fields=("invoice",),
                        name="payment_try_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["asked", "open", "processing", "paid", "failed", "over"])
                        ),
                        name="payment_try_state_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StripeCustomer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("customer_id", models.CharField(max_length=255, unique=True)),
                ("method_id", models.CharField(blank=True, max_length=255)),
                ("kind", models.CharField(blank=True, max_length=40)),
                ("brand", models.CharField(blank=True, max_length=40)),
                ("last4", models.CharField(blank=True, max_length=4)),
                ("expires_month", models.PositiveSmallIntegerField(null=True)),
                ("expires_year", models.PositiveSmallIntegerField(null=True)),
                ("kept_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "kept_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant",), name="stripe_customer_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="UnmatchedPayment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("payment_id", models.CharField(max_length=255, unique=True)),
                ("customer_id", models.CharField(blank=True, max_length=255)),
                ("minor_amount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("invoice_number", models.CharField(blank=True, max_length=40)),
                ("problem", models.CharField(max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for finance"),
                            ("booked", "Booked on an invoice"),
                            ("dismissed", "Settled elsewhere"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("paid_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("went_back_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "settled_by",
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
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "seen_at"], name="unmatched_by_state")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "booked", "dismissed"])),
                        name="unmatched_state_is_known",
                    )
                ],
            },
        ),
        ProtectTenantTable("StripeCustomer"),
        ProtectTenantTable("PaymentTry"),
        ProtectTenantTable("UnmatchedPayment", own_rows=_UNMATCHED),
    ]
