"""What a lane asks of all partitions for each record, as functions that keep their plans.

To plan a query takes longer with each partition it may touch, and a lane asks often. Two functions
tell from which id on a lane's waiting rows are to be looked for: where nothing waits, rows of a
transaction still in progress have ids of at most a day ago. Three find earlier rows of a record.
"""

# ruff: noqa: S608 - nothing but our own words is put together here

from __future__ import annotations

from django.db import migrations

FUNCTION = """
CREATE FUNCTION clarity_{what}_from(p_tenant uuid, p_connection uuid)
RETURNS bigint LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    v_recent bigint;
    v_partition oid;
BEGIN
    SELECT last_value - 10000000000 INTO v_recent FROM {table}_id_seq;
    -- Oldest partition first; any of its rows will do.
    SELECT tableoid INTO v_partition FROM {table}
    WHERE tenant_id = p_tenant AND {lane} = p_connection AND state = 'waiting' LIMIT 1;
    IF NOT FOUND THEN
        RETURN greatest(v_recent, 0);
    END IF;
    RETURN (
        SELECT least(greatest(v_recent, 0), coalesce(
            substring(pg_get_expr(relpartbound, oid) FROM 'FROM \\(''?(\\d+)')::bigint, 0))
        FROM pg_class WHERE oid = v_partition);
END
$$
"""

ITEMS = FUNCTION.format(what="items", table="integrations_inboxitem", lane="connection_id")
DELIVERIES = FUNCTION.format(what="deliveries", table="integrations_delivery", lane="target_id")


KEEPS_ITS_PLAN = """LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET max_parallel_workers_per_gather = 0"""

TRIED = f"""
CREATE FUNCTION clarity_tried_before(p_tenant uuid, p_flow bigint, p_key text, p_before bigint)
RETURNS bigint {KEEPS_ITS_PLAN} AS $$
BEGIN
    RETURN (
        SELECT id FROM integrations_delivery
        WHERE tenant_id = p_tenant AND flow_id = p_flow AND key = p_key AND id < p_before
          AND attempts > 0
        ORDER BY id DESC LIMIT 1);
END
$$
"""

OLDER_DELIVERIES = f"""
CREATE FUNCTION clarity_older_deliveries(
    p_tenant uuid, p_flow bigint, p_key text, p_version text, p_before bigint
) RETURNS bigint[] {KEEPS_ITS_PLAN} AS $$
BEGIN
    RETURN ARRAY(
        SELECT id FROM integrations_delivery
        WHERE tenant_id = p_tenant AND flow_id = p_flow AND key = p_key AND id < p_before
          AND (state IN ('held', 'dead') OR (state = 'waiting' AND attempts = 0
               AND (version = '' OR p_version = '' OR version <= p_version))));
END
$$
"""

STOPPED_ITEMS = f"""
CREATE FUNCTION clarity_stopped_items(
    p_tenant uuid, p_connection uuid, p_entity text, p_key text, p_before bigint
) RETURNS bigint[] {KEEPS_ITS_PLAN} AS $$
BEGIN
    RETURN ARRAY(
        SELECT id FROM integrations_inboxitem
        WHERE tenant_id = p_tenant AND connection_id = p_connection AND entity = p_entity
          AND key = p_key AND id < p_before AND state IN ('held', 'dead'));
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0006_partitions")]

    operations = [
        migrations.RunSQL(ITEMS, "DROP FUNCTION clarity_items_from(uuid, uuid)"),
        migrations.RunSQL(DELIVERIES, "DROP FUNCTION clarity_deliveries_from(uuid, uuid)"),
        migrations.RunSQL(TRIED, "DROP FUNCTION clarity_tried_before(uuid, bigint, text, bigint)"),
        migrations.RunSQL(
            OLDER_DELIVERIES,
            "DROP FUNCTION clarity_older_deliveries(uuid, bigint, text, text, bigint)",
        ),
        migrations.RunSQL(
            STOPPED_ITEMS, "DROP FUNCTION clarity_stopped_items(uuid, uuid, text, text, bigint)"
        ),
    ]
