"""Since when an account is being erased."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_known_people_have_proven_their_address"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="erasing_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
