"""What signing up needs: the business someone named, invitations, and a cache all processes share.

Without a shared cache every web process would count failed sign-ins for itself.
"""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from tenants.rls import ProtectTenantTable

# As `manage.py createcachetable` makes it.
CACHE = """
CREATE TABLE IF NOT EXISTS clarity_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS clarity_cache_expires ON clarity_cache (expires);
"""
ROLES = [("owner", "Owner"), ("admin", "Admin"), ("operator", "Operator"), ("viewer", "Viewer")]


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        migrations.RunSQL(CACHE, "DROP TABLE clarity_cache"),
        migrations.AddField(
            model_name="user",
            name="asked_business",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("role", models.CharField(choices=ROLES, max_length=10)),
                ("token_hash", models.CharField(max_length=64)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("sent_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "invited_by",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        fields=("tenant", "email"),
                        name="invitation_once_per_address",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "token_hash"), name="invitation_token_is_its_own"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", [role for role, _ in ROLES])),
                        name="invitation_role_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email", django.db.models.functions.text.Lower("email"))
                        ),
                        name="invitation_email_is_lower_case",
                    ),
                ],
            },
        ),
        ProtectTenantTable("Invitation"),
    ]
