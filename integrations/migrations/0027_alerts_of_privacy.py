"""Privacy requests are told to alert channels, each once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0026_alerts"),
        ("tenants", "0005_api_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="alertcase",
            name="privacy_request",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="integrations.privacyrequest",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertcase",
            constraint=models.UniqueConstraint(
                fields=("tenant", "privacy_request"), name="alert_case_of_request_once"
            ),
        ),
    ]
