"""Replays that are for the records of one pair."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0019_reconciliation")]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="replay_pair",
            field=models.UUIDField(null=True),
        ),
    ]
