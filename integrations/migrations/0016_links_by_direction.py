"""Links tell what was delivered in each direction, and what both sides hold.

What a link knew so far goes to the direction its flow had: until now an entity went one way.
"""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from tenants import scope

_SPLIT = """
UPDATE integrations_link l SET
    to_pos_hash = CASE d.direction WHEN 'to_pos' THEN l.delivered_hash ELSE '' END,
    to_pos_version = CASE d.direction WHEN 'to_pos' THEN l.delivered_version ELSE '' END,
    to_store_hash = CASE d.direction WHEN 'to_store' THEN l.delivered_hash ELSE '' END,
    to_store_version = CASE d.direction WHEN 'to_store' THEN l.delivered_version ELSE '' END
FROM (SELECT DISTINCT ON (pair_id, entity) pair_id, entity, direction
      FROM integrations_flow ORDER BY pair_id, entity, id) d
WHERE d.pair_id = l.pair_id AND d.entity = l.entity
  AND (l.delivered_hash <> '' OR l.delivered_version <> '')
"""

_JOIN = """
UPDATE integrations_link l SET
    delivered_hash = CASE d.direction WHEN 'to_pos' THEN l.to_pos_hash ELSE l.to_store_hash END,
    delivered_version =
        CASE d.direction WHEN 'to_pos' THEN l.to_pos_version ELSE l.to_store_version END
FROM (SELECT DISTINCT ON (pair_id, entity) pair_id, entity, direction
      FROM integrations_flow ORDER BY pair_id, entity, id) d
WHERE d.pair_id = l.pair_id AND d.entity = l.entity
"""


def split(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with scope.door("links by direction"), schema_editor.connection.cursor() as cursor:
        cursor.execute(_SPLIT)


def join(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with scope.door("links of one direction"), schema_editor.connection.cursor() as cursor:
        cursor.execute(_JOIN)


def _text(length: int) -> models.CharField[str, str]:
    return models.CharField(blank=True, max_length=length, db_default="")


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0015_shadow_runs"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.AddField("link", "to_pos_hash", _text(64)),
        migrations.AddField("link", "to_pos_version", _text(40)),
        migrations.AddField("link", "to_store_hash", _text(64)),
        migrations.AddField("link", "to_store_version", _text(40)),
        migrations.AddField("link", "seen", models.JSONField(default=dict, db_default={})),
        migrations.AlterField("link", "delivered_hash", _text(64)),
        migrations.AlterField("link", "delivered_version", _text(40)),
        migrations.AddField(
            "pair", "merge_rules", models.JSONField(blank=True, default=dict, db_default={})
        ),
        migrations.RunPython(split, join),
        migrations.RemoveField("link", "delivered_hash"),
        migrations.RemoveField("link", "delivered_version"),
    ]
