"""Indexes for the pages: each list walks its own, whatever the number of records."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0010_chores_and_balances"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_open",
        ),
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_latest",
        ),
        migrations.RemoveIndex(
            model_name="inboxitem",
            name="inbox_open",
        ),
        migrations.RemoveIndex(
            model_name="inboxitem",
            name="inbox_latest",
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "held", "dead"))),
                fields=["tenant", "flow", "state", "inbox_item"],
                name="delivery_open",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "delivered")),
                fields=["tenant", "flow", "-finished_at"],
                name="delivery_last",
            ),
        ),
        migrations.AddIndex(
            model_name="inboxitem",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "held", "dead"))),
                fields=["tenant", "connection", "entity", "state", "id"],
                name="inbox_open",
            ),
        ),
        migrations.AddIndex(
            model_name="inboxitem",
            index=models.Index(
                fields=["tenant", "connection", "entity", "-received_at", "-id"],
                name="inbox_latest",
            ),
        ),
        migrations.AddIndex(
            model_name="inboxitem",
            index=models.Index(
                condition=models.Q(("number", ""), _negated=True),
                fields=["tenant", "number"],
                name="inbox_number",
            ),
        ),
    ]
