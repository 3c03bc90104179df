"""Mails about bills, kept with how they went out."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0004_books_of_assigned_accounts"),
        ("tenants", "0006_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name="Letter",
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
                        choices=[
                            ("issued", "Invoice"),
                            ("credited", "Credit note"),
                            ("reminder", "Reminder"),
                            ("paid", "Payment received"),
                            ("card_failed", "Card not charged"),
                            ("cancelled", "Cancellation confirmed"),
                            ("trial_ending", "Trial ends soon"),
                            ("ended", "Subscription ended"),
                            ("reading_ending", "Data can be read a little longer"),
                        ],
                        max_length=14,
                    ),
                ),
                ("cause", models.CharField(max_length=160)),
                ("facts", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits"),
                            ("sent", "Sent"),
                            ("dropped", "Not needed any more"),
                            ("given_up", "Not sent"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("held_until", models.DateTimeField(null=True)),
                ("token", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("interrupted", models.PositiveSmallIntegerField(default=0)),
                ("rounds", models.PositiveSmallIntegerField(default=0)),
                ("outcome", models.CharField(blank=True, max_length=400)),
                ("sent_to", models.TextField(blank=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "invoice",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
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
                        condition=models.Q(("state", "waiting")),
                        fields=["due_at"],
                        name="letter_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "cause"), name="letter_cause_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "sent", "dropped", "given_up"])
                        ),
                        name="letter_state_is_known",
                    ),
                ],
            },
        ),
        ProtectTenantTable("Letter"),
    ]
