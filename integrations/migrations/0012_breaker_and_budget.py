"""A lane keeps its circuit breaker, the learnt rate, and when credentials must be renewed.

Every column has a default in the database, so processes of the earlier version go on writing lanes.
"""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0011_page_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="lane",
            name="breaker",
            field=models.CharField(
                choices=[
                    ("closed", "Answering"),
                    ("open", "Not answering"),
                    ("half_open", "Being tried"),
                ],
                db_default="closed",
                default="closed",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="lane",
            name="breaker_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="lane",
            name="openings",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="lane",
            name="pace",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="lane",
            name="refresh_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="lane",
            name="told_of",
            field=models.DateTimeField(null=True),
        ),
    ]
