"""Figures of an hour for charts, and runs of the convergence check."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import integrations.models.figure
from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0022_onboarding"),
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConvergenceRun",
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
                ("compared", models.PositiveIntegerField(default=0)),
                ("matched", models.PositiveIntegerField(default=0)),
                ("equal", models.PositiveIntegerField(default=0)),
                ("on_the_way", models.PositiveIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("differences", models.JSONField(default=list)),
                ("read_at_till", models.PositiveIntegerField(default=0)),
                ("read_in_shop", models.PositiveIntegerField(default=0)),
                ("calls", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=600)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("mended_at", models.DateTimeField(null=True)),
                ("mended", models.PositiveIntegerField(default=0)),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="convergence_runs",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "pair", "-id"], name="convergence_latest")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("tenant", "pair"),
                        name="convergence_one_at_a_time",
                    )
                ],
            },
        ),
        ProtectTenantTable("ConvergenceRun"),
        migrations.CreateModel(
            name="HourFigure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hour", models.DateTimeField()),
                ("delivered", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("merged", models.PositiveIntegerField(default=0)),
                ("filtered", models.PositiveIntegerField(default=0)),
                ("held", models.PositiveIntegerField(default=0)),
                ("dead", models.PositiveIntegerField(default=0)),
                ("waiting", models.PositiveIntegerField(default=0)),
                ("ages", integrations.models.figure.Counts(default=list)),
                ("counted_at", models.DateTimeField()),
                ("took_ms", models.PositiveIntegerField(default=0)),
                (
                    "flow",
                    models.ForeignKey(
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
                "indexes": [
                    models.Index(fields=["tenant", "counted_at"], name="hour_figure_counted"),
                    models.Index(
                        condition=models.Q(
                            ("waiting__gt", 0), ("held__gt", 0), ("dead__gt", 0), _connector="OR"
                        ),
                        fields=["tenant", "counted_at"],
                        name="hour_figure_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "hour", "flow"), name="hour_figure_once"
                    )
                ],
            },
        ),
        ProtectTenantTable("HourFigure"),
    ]
