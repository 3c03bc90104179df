"""Mapping sets, their versions and lookup tables, and the shipped rules of every release.

A version that was published stays as it is: the database refuses to change what it says.
"""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tenants.rls import ProtectTenantTable

_IMMUTABLE = """
CREATE FUNCTION mappings_published_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.changes, NEW.preset, NEW.number, NEW.note, NEW.entity, NEW.direction, NEW.set_id)
       IS DISTINCT FROM
       (OLD.changes, OLD.preset, OLD.number, OLD.note, OLD.entity, OLD.direction, OLD.set_id)
    THEN
        RAISE EXCEPTION 'a published mapping version is never changed'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER published_is_fixed BEFORE UPDATE ON mappings_mappingversion
    FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION mappings_published_is_fixed();
"""
_CHANGEABLE = """
DROP TRIGGER published_is_fixed ON mappings_mappingversion;
DROP FUNCTION mappings_published_is_fixed();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MappingSet",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=120)),
                ("tables_revision", models.PositiveIntegerField(db_default=0, default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PresetText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=12)),
                ("name", models.CharField(max_length=60)),
                ("rows", models.JSONField()),
                ("seen_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("name", "digest"), name="preset_text_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LookupTable",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("title", models.CharField(blank=True, max_length=120)),
                ("rows", models.JSONField(default=dict)),
                ("revision", models.PositiveIntegerField()),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
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
                (
                    "set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tables",
                        to="mappings.mappingset",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "set", "name"), name="lookup_table_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MappingVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entity", models.CharField(max_length=12)),
                ("direction", models.CharField(max_length=8)),
                ("number", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("published", "Published"),
                            ("retired", "Retired"),
                        ],
                        default="draft",
                        max_length=9,
                    ),
                ),
                ("preset", models.CharField(max_length=80)),
                ("changes", models.JSONField(default=list)),
                ("note", models.CharField(blank=True, max_length=400)),
                ("restores", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="mappings.mappingset",
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
                        fields=("tenant", "set", "entity", "direction", "number"),
                        name="mapping_number_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "draft")),
                        fields=("tenant", "set", "entity", "direction"),
                        name="mapping_one_draft",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "published")),
                        fields=("tenant", "set", "entity", "direction"),
                        name="mapping_one_published",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number", 0), ("state", "draft")),
                            models.Q(
                                models.Q(("state", "draft"), _negated=True), ("number__gt", 0)
                            ),
                            _connector="OR",
                        ),
                        name="mapping_number_when_published",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TableRevision",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=60)),
                ("rows", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="mappings.mappingset",
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
                "indexes": [
                    models.Index(
                        fields=["tenant", "set", "name", "-number"], name="table_revision_last"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "set", "number"), name="table_revision_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UnmappedValue",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("table", models.CharField(max_length=60)),
                ("value", models.CharField(max_length=400)),
                ("entity", models.CharField(max_length=12)),
                ("count", models.PositiveIntegerField(default=1)),
                ("is_holding", models.BooleanField(default=False)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("example", models.BigIntegerField()),
                ("example_number", models.CharField(blank=True, max_length=191)),
                (
                    "set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unmapped",
                        to="mappings.mappingset",
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
                        fields=("tenant", "set", "table", "value"), name="unmapped_value_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(_IMMUTABLE, _CHANGEABLE),
        ProtectTenantTable("MappingSet"),
        ProtectTenantTable("MappingVersion"),
        ProtectTenantTable("LookupTable"),
        ProtectTenantTable("TableRevision"),
        ProtectTenantTable("UnmappedValue"),
    ]
