"""What a lane has to do and when, as a function that keeps its plans.

It asks seven things of every table that can hold work; to plan that takes several times as long as
to answer it, and each slice of a lane asks at least twice.
"""

from __future__ import annotations

from django.db import migrations

AGENDA = """
CREATE FUNCTION clarity_agenda(
    p_tenant uuid, p_connection uuid,
    OUT items timestamptz, OUT deliveries timestamptz, OUT cursors timestamptz,
    OUT backfills timestamptz, OUT is_used boolean, OUT flows bigint[], OUT pair_states text[]
) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    v_from bigint;
    v_running bigint[];
BEGIN
    is_used := EXISTS (
        SELECT 1 FROM integrations_pair p
        WHERE p.tenant_id = p_tenant AND p.state <> 'draft'
          AND (p.pos_id = p_connection OR p.store_id = p_connection));
    IF NOT is_used THEN
        flows := '{}';
        pair_states := '{}';
        RETURN;
    END IF;
    SELECT coalesce(array_agg(f.id ORDER BY f.id), '{}'),
           coalesce(array_agg(p.state::text ORDER BY f.id), '{}')
    INTO flows, pair_states
    FROM integrations_flow f JOIN integrations_pair p ON p.id = f.pair_id
    WHERE f.tenant_id = p_tenant AND f.source_id = p_connection AND f.is_on AND p.state <> 'draft';

    v_from := clarity_items_from(p_tenant, p_connection);
    SELECT min(i.due_at) INTO items FROM integrations_inboxitem i
    WHERE i.tenant_id = p_tenant AND i.connection_id = p_connection AND i.state = 'waiting'
      AND i.id >= v_from;

    SELECT array_agg(f.id) INTO v_running
    FROM integrations_flow f JOIN integrations_pair p ON p.id = f.pair_id
    WHERE f.tenant_id = p_tenant AND (f.target_id = p_connection OR f.source_id = p_connection)
      AND f.is_on AND p.state IN ('testing', 'live');
    IF v_running IS NULL THEN
        RETURN;
    END IF;
    v_from := clarity_deliveries_from(p_tenant, p_connection);
    SELECT min(d.due_at) INTO deliveries FROM integrations_delivery d
    WHERE d.tenant_id = p_tenant AND d.target_id = p_connection AND d.state = 'waiting'
      AND d.id >= v_from AND d.flow_id = ANY (v_running);
    SELECT min(c.due_at) INTO cursors FROM integrations_cursor c
    WHERE c.tenant_id = p_tenant AND c.connection_id = p_connection AND c.entity IN (
        SELECT f.entity FROM integrations_flow f
        WHERE f.id = ANY (v_running) AND f.source_id = p_connection);
    SELECT min(b.due_at) INTO backfills
    FROM integrations_backfill b JOIN integrations_flow f ON f.id = b.flow_id
    WHERE b.tenant_id = p_tenant AND b.state = 'running' AND f.id = ANY (v_running)
      AND (f.source_id = p_connection AND b.is_listed
           OR f.target_id = p_connection AND NOT b.is_listed);
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0013_records_of_backfills")]

    operations = [migrations.RunSQL(AGENDA, "DROP FUNCTION clarity_agenda(uuid, uuid)")]
