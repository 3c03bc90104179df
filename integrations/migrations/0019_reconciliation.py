"""The payments of a day on both sides of a pair, as they were last compared."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0018_reservations"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("zone", models.CharField(default="UTC", max_length=64)),
                ("compared_at", models.DateTimeField()),
                ("problem", models.CharField(blank=True, max_length=600)),
                ("totals", models.JSONField(default=list)),
                ("orders", models.PositiveIntegerField(default=0)),
                ("differing", models.PositiveIntegerField(default=0)),
                ("sent_again", models.PositiveIntegerField(default=0)),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reconciliations",
                        to="integrations.pair",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReconciledOrder",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("place", models.PositiveIntegerField()),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("agrees", "Agrees"),
                            ("missing", "Not in the point of sale"),
                            ("less", "Recorded as paid too little"),
                            ("more", "Recorded as paid too much"),
                            ("gone", "Not in the store any more"),
                        ],
                        max_length=8,
                    ),
                ),
                ("number", models.CharField(max_length=80)),
                ("store_key", models.CharField(blank=True, max_length=191)),
                ("pos_key", models.CharField(blank=True, max_length=191)),
                ("store_methods", models.CharField(blank=True, max_length=200)),
                ("pos_methods", models.CharField(blank=True, max_length=200)),
                ("store_day", models.DecimalField(decimal_places=6, max_digits=18)),
                ("pos_day", models.DecimalField(decimal_places=6, max_digits=18)),
                ("store_received", models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                ("pos_received", models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                ("store_state", models.CharField(blank=True, max_length=40)),
                ("pos_state", models.CharField(blank=True, max_length=40)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "reconciliation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="integrations.reconciliation",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="reconciliation",
            constraint=models.UniqueConstraint(
                fields=("tenant", "pair", "day"), name="reconciliation_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reconciledorder",
            constraint=models.UniqueConstraint(
                fields=("tenant", "reconciliation", "place"), name="reconciled_order_once"
            ),
        ),
        ProtectTenantTable("Reconciliation"),
        ProtectTenantTable("ReconciledOrder"),
    ]
