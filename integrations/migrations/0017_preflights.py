"""Preflights of pairs."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0016_links_by_direction"),
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Preflight",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done"), ("failed", "Stopped")],
                        default="running",
                        max_length=7,
                    ),
                ),
                ("findings", models.JSONField(default=list)),
                ("blockers", models.PositiveIntegerField(default=0)),
                ("articles", models.JSONField(default=dict)),
                ("problem", models.CharField(blank=True, max_length=600)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preflights",
                        to="integrations.pair",
                    ),
                ),
                (
                    "started_by",
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
                "indexes": [
                    models.Index(fields=["tenant", "pair", "-id"], name="preflight_of_pair")
                ],
            },
        ),
        ProtectTenantTable("Preflight"),
    ]
