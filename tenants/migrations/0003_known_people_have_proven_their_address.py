"""Signing in asks for a proven e-mail address: people who could sign in until now keep theirs."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

BATCH = 1000


def prove(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    User = apps.get_model("tenants", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    missing = User.objects.exclude(pk__in=EmailAddress.objects.values("user_id"))
    people = missing.order_by("pk").values_list("pk", "email").iterator(BATCH)
    EmailAddress.objects.bulk_create(
        [
            EmailAddress(user_id=pk, email=email, verified=True, primary=True)
            for pk, email in people
        ],
        batch_size=BATCH,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_people"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        # Backwards the rows may stay: they say nothing that was not so before.
        migrations.RunPython(prove, migrations.RunPython.noop),
    ]
