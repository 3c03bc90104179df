"""Shadow runs, and which rules a flow follows.

Every column that is added is empty or has a default the database knows, so no row is rewritten.
"""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0014_agenda"),
        ("mappings", "0001_sets_versions_and_tables"),
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="mapping_set",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="pair",
                to="mappings.mappingset",
            ),
        ),
        migrations.AddField(
            model_name="flow",
            name="mapping_version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="mappings.mappingversion",
            ),
        ),
        migrations.AddField(
            model_name="lane",
            name="rules_revision",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="incident",
            name="replay_values",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.CreateModel(
            name="ShadowRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Stopped"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="running",
                        max_length=9,
                    ),
                ),
                ("changes", models.JSONField(default=list)),
                ("tried", models.CharField(max_length=64)),
                ("against", models.CharField(max_length=80)),
                ("wanted", models.PositiveIntegerField()),
                ("below", models.BigIntegerField(null=True)),
                *(
                    (name, models.PositiveIntegerField(default=0))
                    for name in (
                        "seen",
                        "same",
                        "changed",
                        "newly_held",
                        "newly_left_out",
                        "no_longer_held",
                        "still_held",
                        "unreadable",
                    )
                ),
                ("fields", models.JSONField(default=dict)),
                ("money", models.JSONField(default=dict)),
                ("causes", models.JSONField(default=list)),
                ("problem", models.CharField(blank=True, max_length=600)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "flow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shadow_runs",
                        to="integrations.flow",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="mappings.mappingversion",
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
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "running")),
                        fields=["due_at"],
                        name="shadow_due",
                    ),
                    models.Index(fields=["tenant", "version", "-id"], name="shadow_latest"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("tenant", "flow"),
                        name="shadow_one_running_a_flow",
                    )
                ],
            },
        ),
        ProtectTenantTable("ShadowRun"),
    ]
