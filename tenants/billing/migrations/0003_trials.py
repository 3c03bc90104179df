"""Trials: days of a plan, or granted to one account, in which pairs cost nothing."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import tenants.billing.models.ledger
from tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_stripe"),
        ("tenants", "0006_staff"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="billedpair",
            name="agreed_a_term",
            field=tenants.billing.models.ledger.Amount(decimal_places=3, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name="plan",
            name="trial_days",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="subscription",
            name="is_trial",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="Trial",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("days", models.PositiveSmallIntegerField()),
                ("reason", models.TextField(blank=True)),
                ("starts_on", models.DateField(null=True)),
                ("ends_on", models.DateField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "granted_by",
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
                        condition=models.Q(("starts_on__isnull", True)),
                        fields=("tenant",),
                        name="trial_waits_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days__gte", 1)), name="trial_has_days"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ends_on__isnull", True), ("starts_on__isnull", True)),
                            ("ends_on__gt", models.F("starts_on")),
                            _connector="OR",
                        ),
                        name="trial_ends_after_it_began",
                    ),
                ],
            },
        ),
        ProtectTenantTable("Trial"),
    ]
