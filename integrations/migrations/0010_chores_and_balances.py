"""Chores have due times, each tenant keeps its last count, and flows say since when they are on.

Items of before 0003 learn how many deliveries they became, or the books would not agree for them.
"""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from tenants import scope
from tenants.rls import ProtectTenantTable

_FILL = """
UPDATE integrations_inboxitem i SET passed_to = d.made
FROM (SELECT inbox_item_id, count(*) AS made FROM integrations_delivery GROUP BY 1) d
WHERE i.id = d.inbox_item_id AND i.passed_to = 0
"""


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with scope.door("count deliveries of old items"), schema_editor.connection.cursor() as cursor:
        cursor.execute(_FILL)


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0009_backfills"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Balance",
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
                ("counted_at", models.DateTimeField()),
                ("seconds", models.FloatField()),
                ("due_at", models.DateTimeField()),
                ("ever", models.JSONField(default=dict)),
                ("day", models.JSONField(default=dict)),
                ("imbalances", models.JSONField(default=list)),
            ],
            options={"abstract": False},
        ),
        ProtectTenantTable("Balance"),
        migrations.CreateModel(
            name="Chore",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
                ("hinted_at", models.DateTimeField(null=True)),
                ("held_until", models.DateTimeField(null=True)),
                ("token", models.BigIntegerField(default=0)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=400)),
            ],
        ),
        migrations.AddField(
            model_name="flow",
            name="on_since",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
