"""Units that are held back from the shop, and what is needed to tell it so."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0017_preflights"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("order_key", models.CharField(max_length=191)),
                ("order_number", models.CharField(blank=True, max_length=80)),
                ("product_key", models.CharField(blank=True, max_length=191)),
                ("sku", models.CharField(blank=True, max_length=191)),
                ("item", models.CharField(blank=True, max_length=191)),
                ("units", models.IntegerField()),
                ("there", models.IntegerField(default=0)),
                ("released", models.IntegerField(default=0)),
                ("delivery_id", models.BigIntegerField()),
                ("changed_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "pair",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
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
                (
                    "till",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("settled_at__isnull", True)),
                        fields=["tenant", "till"],
                        name="reservation_open",
                    ),
                    models.Index(
                        fields=["tenant", "till", "settled_at"], name="reservation_settled"
                    ),
                    models.Index(fields=["tenant", "delivery_id"], name="reservation_of_delivery"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "pair", "order_key", "product_key", "sku"),
                        name="reservation_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_at__isnull", False),
                            ("units__gt", models.F("there")),
                            _connector="OR",
                        ),
                        name="reservation_open_is_in_flight",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SafetyStock",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sku", models.CharField(max_length=191)),
                ("location", models.CharField(blank=True, max_length=191)),
                ("units", models.DecimalField(decimal_places=3, max_digits=12)),
                ("changed_at", models.DateTimeField()),
                (
                    "pair",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "pair", "sku", "location"), name="safety_stock_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("units__gte", 0)), name="safety_stock_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StockedArticle",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=191)),
                ("sku", models.CharField(max_length=191)),
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
                    "till",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "till", "sku"], name="stocked_article_by_sku")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "till", "key"), name="stocked_article_once"
                    )
                ],
            },
        ),
        ProtectTenantTable("Reservation"),
        ProtectTenantTable("SafetyStock"),
        ProtectTenantTable("StockedArticle"),
    ]
