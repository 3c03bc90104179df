"""An index of the names that records are found by, and the sealed key of its hashes."""

from __future__ import annotations

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0023_figures_and_convergence"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
                ("filled_to", models.BigIntegerField(default=0)),
                (
                    "tenant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="SearchTerm",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Number or reference"),
                            (2, "Number of its order"),
                            (3, "SKU"),
                            (4, "SKU of a line"),
                            (5, "E-mail address"),
                            (6, "Tracking number"),
                            (7, "Last characters"),
                        ]
                    ),
                ),
                ("term", models.CharField(db_collation="C", max_length=80)),
                ("entity", models.CharField(max_length=12)),
                ("key", models.CharField(max_length=191)),
                ("day", models.DateField()),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.connection",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["day"], name="search_term_by_day"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "kind", "term", "connection", "entity", "key"),
                        name="search_term_once",
                    )
                ],
            },
        ),
        ProtectTenantTable("SearchKey"),
        ProtectTenantTable("SearchTerm"),
    ]
