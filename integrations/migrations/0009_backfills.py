"""Backfills and the articles they link by SKU."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0008_incidents"),
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Backfill",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("done", "Done"),
                            ("failed", "Stopped"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="planned",
                        max_length=9,
                    ),
                ),
                ("records", models.PositiveIntegerField(null=True)),
                ("listed_there", models.PositiveIntegerField(null=True)),
                ("list_calls", models.PositiveIntegerField(default=0)),
                ("read_calls", models.PositiveIntegerField(default=0)),
                ("write_calls", models.PositiveIntegerField(default=0)),
                ("planned_seconds", models.PositiveIntegerField(default=0)),
                ("links_articles", models.BooleanField(default=False)),
                ("is_listed", models.BooleanField(default=True)),
                ("is_read", models.BooleanField(default=False)),
                ("list_cursor", models.TextField(blank=True)),
                ("cursor", models.TextField(blank=True)),
                ("listed", models.PositiveIntegerField(default=0)),
                ("read", models.PositiveIntegerField(default=0)),
                ("unmatched", models.PositiveIntegerField(default=0)),
                ("calls", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=600)),
                ("outcomes", models.JSONField(default=dict)),
                ("planned_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "flow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="backfills",
                        to="integrations.flow",
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
        ),
        migrations.CreateModel(
            name="BackfillArticle",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "side",
                    models.CharField(
                        choices=[("source", "Source"), ("target", "Target")], max_length=6
                    ),
                ),
                ("key", models.CharField(max_length=191)),
                ("sku", models.CharField(max_length=191)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("is_matched", models.BooleanField(default=False)),
                (
                    "backfill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="articles",
                        to="integrations.backfill",
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
        migrations.AddIndex(
            model_name="backfill",
            index=models.Index(
                condition=models.Q(("state", "running")),
                fields=["tenant", "due_at"],
                name="backfill_running",
            ),
        ),
        migrations.AddIndex(
            model_name="backfill",
            index=models.Index(fields=["tenant", "flow", "-id"], name="backfill_latest"),
        ),
        migrations.AddConstraint(
            model_name="backfill",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("running", "paused"))),
                fields=("tenant", "flow"),
                name="backfill_one_active_a_flow",
            ),
        ),
        migrations.AddIndex(
            model_name="backfillarticle",
            index=models.Index(
                fields=["tenant", "backfill", "side", "sku"], name="backfill_article_sku"
            ),
        ),
        migrations.AddConstraint(
            model_name="backfillarticle",
            constraint=models.UniqueConstraint(
                fields=("tenant", "backfill", "side", "key"), name="backfill_article_once"
            ),
        ),
        ProtectTenantTable("Backfill"),
        ProtectTenantTable("BackfillArticle"),
    ]
