"""Alert channels: who is told of what, and what was told.

Which loss of credentials an owner was told of lay on the lane. Workers of the release before still
read that column, so it stays in the table and only leaves the model.
"""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0025_exports_and_privacy"),
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="lane", name="told_of")]
        ),
        migrations.CreateModel(
            name="AlertCase",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "topic",
                    models.CharField(
                        choices=[
                            ("records", "Records are held or given up"),
                            ("owner", "An account must be reconnected"),
                            ("books", "Records do not add up or wait too long"),
                            ("stock", "The two sides differ"),
                            ("privacy", "Privacy requests"),
                        ],
                        max_length=7,
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("cause", models.CharField(blank=True, max_length=600)),
                ("told_at", models.DateTimeField(null=True)),
                ("told_count", models.PositiveIntegerField(default=0)),
                ("grown_at", models.DateTimeField(null=True)),
                ("clear_since", models.DateTimeField(null=True)),
                ("over_at", models.DateTimeField(null=True)),
                ("looked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.connection",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.incident",
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
            name="AlertChannel",
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
                            ("email", "E-mail"),
                            ("slack", "Slack-compatible webhook"),
                            ("webhook", "Signed webhook"),
                        ],
                        max_length=7,
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("is_on", models.BooleanField(default=True)),
                ("hears", models.JSONField(default=list)),
                ("has_digest", models.BooleanField(default=False)),
                ("to_owners", models.BooleanField(default=False)),
                ("member_ids", models.JSONField(default=list)),
                ("host", models.CharField(blank=True, max_length=255)),
                ("sealed", models.BinaryField(null=True)),
                ("hears_from", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("last_sent_at", models.DateTimeField(null=True)),
                ("last_failed_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=400)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("owners_told_at", models.DateTimeField(null=True)),
                (
                    "created_by",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AlertAddress",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("asked_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("left_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                        to="integrations.alertchannel",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AlertMessage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("channel_name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("first", "Began"),
                            ("grown", "Ten times as many"),
                            ("resolved", "Resolved"),
                            ("digest", "Daily digest"),
                            ("test", "Test"),
                            ("failing", "A channel fails"),
                            ("confirm", "Confirmation"),
                        ],
                        max_length=8,
                    ),
                ),
                ("day", models.DateField(null=True)),
                ("subject", models.CharField(max_length=250)),
                ("content", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waits"), ("sent", "Sent"), ("given_up", "Given up")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("held_until", models.DateTimeField(null=True)),
                ("token", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("interrupted", models.PositiveSmallIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=400)),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="integrations.alertcase",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="integrations.alertchannel",
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
            name="AlertPlan",
            fields=[
                (
                    "tenant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tenants.tenant",
                    ),
                ),
                ("digest_hour", models.PositiveSmallIntegerField(default=8)),
                ("digest_day", models.DateField(null=True)),
                ("digests_nothing", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("digest_hour__lt", 24)), name="alert_plan_hour_of_a_day"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="alertcase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("over_at__isnull", True)),
                fields=("tenant", "incident"),
                name="alert_case_of_incident_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertcase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("over_at__isnull", True)),
                fields=("tenant", "connection"),
                name="alert_case_of_connection_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("incident__isnull", True), ("connection__isnull", True), _connector="OR"
                ),
                name="alert_case_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertchannel",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                django.db.models.functions.text.Lower("name"),
                name="alert_channel_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertchannel",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "email"), ("sealed__isnull", False), _connector="OR"),
                name="alert_channel_leads_on",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertaddress",
            constraint=models.UniqueConstraint(
                fields=("tenant", "channel", "email"), name="alert_address_once"
            ),
        ),
        migrations.AddIndex(
            model_name="alertmessage",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["due_at"],
                name="alert_message_due",
            ),
        ),
        migrations.AddIndex(
            model_name="alertmessage",
            index=models.Index(fields=["tenant", "-created_at", "id"], name="alert_message_latest"),
        ),
        migrations.AddConstraint(
            model_name="alertmessage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("case__isnull", False)),
                fields=("tenant", "channel", "case", "kind"),
                name="alert_message_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertmessage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "digest")),
                fields=("tenant", "channel", "day"),
                name="alert_digest_once_a_day",
            ),
        ),
        ProtectTenantTable("AlertCase"),
        ProtectTenantTable("AlertChannel"),
        ProtectTenantTable("AlertAddress"),
        ProtectTenantTable("AlertMessage"),
        ProtectTenantTable("AlertPlan"),
    ]
