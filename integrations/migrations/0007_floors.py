"""From which id on a lane's waiting rows are looked for, so that few partitions are planned for.

To plan a query takes longer with each partition it may touch, and a lane asks often. A function
keeps its plan, so it may ask all partitions once; the query after it then names a lowest id. Where
nothing waits, rows of a transaction still in progress have ids of at most a day ago.
"""

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


class Migration(migrations.Migration):
    dependencies = [("integrations", "0006_partitions")]

    operations = [
        migrations.RunSQL(ITEMS, "DROP FUNCTION clarity_items_from(uuid, uuid)"),
        migrations.RunSQL(DELIVERIES, "DROP FUNCTION clarity_deliveries_from(uuid, uuid)"),
    ]
