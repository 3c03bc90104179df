"""What became of a record before, at whatever age, as functions that keep their plans.

A person's decision not to deliver a record is looked up for each record that is to be delivered.
"""

# ruff: noqa: S608 - nothing but our own words is put together here

from __future__ import annotations

from django.db import migrations

_KEEPS_ITS_PLAN = """LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET max_parallel_workers_per_gather = 0"""

LAST_DELIVERY = f"""
CREATE FUNCTION clarity_last_delivery(p_tenant uuid, p_flow bigint, p_key text)
RETURNS bigint {_KEEPS_ITS_PLAN} AS $$
BEGIN
    RETURN (
        SELECT id FROM integrations_delivery
        WHERE tenant_id = p_tenant AND flow_id = p_flow AND key = p_key
        ORDER BY id DESC LIMIT 1);
END
$$
"""

ITEM_BEFORE = f"""
CREATE FUNCTION clarity_item_before(
    p_tenant uuid, p_connection uuid, p_entity text, p_key text, p_before bigint
) RETURNS bigint {_KEEPS_ITS_PLAN} AS $$
BEGIN
    RETURN (
        SELECT id FROM integrations_inboxitem
        WHERE tenant_id = p_tenant AND connection_id = p_connection AND entity = p_entity
          AND key = p_key AND id < p_before AND state <> 'merged'
        ORDER BY id DESC LIMIT 1);
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0028_introductions")]

    operations = [
        migrations.RunSQL(LAST_DELIVERY, "DROP FUNCTION clarity_last_delivery(uuid, bigint, text)"),
        migrations.RunSQL(
            ITEM_BEFORE, "DROP FUNCTION clarity_item_before(uuid, uuid, text, text, bigint)"
        ),
    ]
