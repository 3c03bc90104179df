"""A preflight keeps the fields that people added to the accounts themselves."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0020_replays_of_a_pair")]

    operations = [
        migrations.AddField(
            model_name="preflight",
            name="fields",
            field=models.JSONField(default=list, db_default=[]),
        ),
    ]
