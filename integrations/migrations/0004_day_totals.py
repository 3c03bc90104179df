"""Totals by day outlive the rows they count."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0003_ranks_and_double_entry"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DayTotal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entity", models.CharField(max_length=12)),
                ("day", models.DateField()),
                (
                    "row",
                    models.CharField(
                        choices=[("item", "Inbox items"), ("delivery", "Deliveries")], max_length=8
                    ),
                ),
                ("outcome", models.CharField(max_length=9)),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("passed_to", models.PositiveBigIntegerField(default=0)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.connection",
                    ),
                ),
                (
                    "flow",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.flow",
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("row", "item")),
                        fields=("tenant", "connection", "entity", "day", "outcome"),
                        name="day_total_item_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("row", "delivery")),
                        fields=("tenant", "flow", "entity", "day", "outcome"),
                        name="day_total_delivery_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("flow__isnull", True), ("row", "item")),
                            models.Q(
                                ("flow__isnull", False), ("passed_to", 0), ("row", "delivery")
                            ),
                            _connector="OR",
                        ),
                        name="day_total_flow_of_delivery",
                    ),
                ],
            },
        ),
        ProtectTenantTable("DayTotal"),
    ]
