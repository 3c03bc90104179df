"""Equal failures become one incident, and stopped rows name theirs.

New columns are empty and without a constraint, so adding them takes no time however many rows there
are; the indexes hold only rows that name an incident.
"""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0003_ranks_and_double_entry"),
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=64)),
                ("kind", models.CharField(default="records", max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("closed", "Closed")],
                        default="open",
                        max_length=6,
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        blank=True,
                        choices=[("source", "Source"), ("target", "Target")],
                        max_length=6,
                    ),
                ),
                ("entity", models.CharField(blank=True, max_length=12)),
                ("error", models.CharField(blank=True, max_length=40)),
                ("field", models.CharField(blank=True, max_length=200)),
                ("message", models.CharField(blank=True, max_length=600)),
                ("advice", models.CharField(blank=True, max_length=600)),
                ("first_at", models.DateTimeField()),
                ("opened_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "replay_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("canary", "Trying one record"),
                            ("rest", "Replaying the rest"),
                            ("done", "Replayed"),
                            ("stopped", "Stopped"),
                        ],
                        max_length=7,
                    ),
                ),
                ("replay_item", models.BigIntegerField(null=True)),
                ("replay_total", models.PositiveIntegerField(default=0)),
                ("replay_at", models.DateTimeField(null=True)),
                ("replay_note", models.CharField(blank=True, max_length=600)),
                ("due_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.connection",
                    ),
                ),
                (
                    "replay_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
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
        ),
        migrations.AddField(
            model_name="delivery",
            name="incident",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="deliveries",
                to="integrations.incident",
            ),
        ),
        migrations.AddField(
            model_name="inboxitem",
            name="incident",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="items",
                to="integrations.incident",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("incident__isnull", False)),
                fields=["tenant", "incident", "state", "id"],
                name="delivery_of_incident",
            ),
        ),
        migrations.AddIndex(
            model_name="inboxitem",
            index=models.Index(
                condition=models.Q(("incident__isnull", False)),
                fields=["tenant", "incident", "state", "id"],
                name="inbox_of_incident",
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                fields=["tenant", "state", "-last_at", "-id"], name="incident_latest"
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=["due_at"],
                name="incident_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                fields=("tenant", "fingerprint"), name="incident_cause_once"
            ),
        ),
        ProtectTenantTable("Incident"),
    ]
