"""The records of a backfill are found by its name."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0012_breaker_and_budget"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="inboxitem",
            index=models.Index(
                condition=models.Q(("rank", 5)),
                fields=["tenant", "connection", "topic", "event"],
                name="inbox_of_backfill",
            ),
        ),
    ]
