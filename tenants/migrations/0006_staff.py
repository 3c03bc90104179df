"""Our own people: their roles, the tenants they look after, and how those stand."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from tenants.rls import USER, ProtectTenantTable
from tenants.roles import APP

# Of the tenants a staff member looks after.
_ASSIGNED = (
    "SELECT tenant_id FROM tenants_staffassignment WHERE staff_id = {user} AND ended_at IS NULL"
)
_NAMES = f"""
CREATE POLICY assigned_rows ON tenants_tenant FOR SELECT TO {APP}
USING (id IN ({_ASSIGNED.format(user=USER)}))
"""  # noqa: S608 - names of ours
_KNOWN_STAFF = """
UPDATE tenants_user
SET staff_role = CASE WHEN is_superuser THEN 'superuser' ELSE 'account_manager' END
WHERE is_staff
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0005_api_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "assigned_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StaffNote",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("form_id", models.UUIDField()),
                ("text", models.TextField(max_length=4000)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("urgency", models.PositiveSmallIntegerField(default=0)),
                ("since", models.DateTimeField()),
                ("troubles", models.JSONField(default=list)),
                ("steps", models.JSONField(default=dict)),
                ("looked_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="user",
            name="staff_role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("account_manager", "Account manager"),
                    ("support", "Support"),
                    ("finance", "Finance"),
                    ("superuser", "Superuser"),
                ],
                db_default="",
                default="",
                max_length=15,
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="is_staff",
            field=models.BooleanField(default=False, verbose_name="one of our staff"),
        ),
        migrations.RunSQL(_KNOWN_STAFF, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("staff_role__in", ["", "account_manager", "support", "finance", "superuser"])
                ),
                name="user_staff_role_is_known",
            ),
        ),
        migrations.AddField(
            model_name="staffassignment",
            name="assigned_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="staffassignment",
            name="staff",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="staffassignment",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"
            ),
        ),
        migrations.AddField(
            model_name="staffnote",
            name="author",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="staffnote",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"
            ),
        ),
        migrations.AddField(
            model_name="standing",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="staffassignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("staff", "tenant"),
                name="staff_assigned_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffnote",
            constraint=models.UniqueConstraint(
                fields=("tenant", "form_id"), name="staff_note_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="standing",
            constraint=models.UniqueConstraint(fields=("tenant",), name="standing_once"),
        ),
        ProtectTenantTable("StaffAssignment", own_rows="staff_id = {user} AND ended_at IS NULL"),
        ProtectTenantTable("StaffNote"),
        ProtectTenantTable("Standing", own_rows=f"tenant_id IN ({_ASSIGNED})"),
        migrations.RunSQL(_NAMES, "DROP POLICY assigned_rows ON tenants_tenant"),
    ]
