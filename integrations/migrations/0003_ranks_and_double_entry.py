"""What goes first has a rank, and an item says how many deliveries it became.

The function that takes notices in gets the rank as a further argument; the earlier one stays for
processes of the earlier version that still run.
"""

from __future__ import annotations

from django.db import migrations, models

CREATE = """
CREATE FUNCTION clarity_accept(
    p_tenant uuid, p_connection uuid, p_lock bigint, p_entity text, p_key text, p_topic text,
    p_event text, p_delivery text, p_version text, p_context text, p_sealed bytea,
    p_occurred timestamptz, p_now timestamptz, p_rank smallint
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_payload bigint;
BEGIN
    PERFORM set_config('clarity.tenant', p_tenant::text, true);
    PERFORM pg_advisory_xact_lock_shared(p_lock);
    IF p_sealed IS NOT NULL THEN
        v_payload := nextval(pg_get_serial_sequence('integrations_payload', 'id'));
    END IF;
    INSERT INTO integrations_inboxitem (
        tenant_id, connection_id, entity, key, topic, event, delivery, version, payload_id, state,
        rank, number, reason, field, said, advice, attempts, trying_seconds, due_at, occurred_at, received_at)
    VALUES (
        p_tenant, p_connection, p_entity, p_key, p_topic, p_event, p_delivery, p_version, v_payload,
        'waiting', p_rank, '', '', '', '', '', 0, 0, p_now, p_occurred, p_now)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    IF p_sealed IS NOT NULL THEN
        INSERT INTO integrations_payload (id, tenant_id, context, sealed, created_at)
        VALUES (v_payload, p_tenant, p_context, p_sealed, p_now);
    END IF;
    UPDATE integrations_lane SET due_at = LEAST(due_at, p_now)
    WHERE connection_id = p_connection AND hinted_at IS NULL;
    RETURN CASE WHEN FOUND THEN 2 ELSE 1 END;
END
$$
"""

DROP = """
DROP FUNCTION clarity_accept(
    uuid, uuid, bigint, text, text, text, text, text, text, text, bytea, timestamptz, timestamptz,
    smallint)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0002_accept"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_waiting",
        ),
        migrations.RemoveIndex(
            model_name="inboxitem",
            name="inbox_waiting",
        ),
        migrations.AddField(
            model_name="delivery",
            name="rank",
            field=models.SmallIntegerField(
                choices=[(0, "Stock"), (1, "Order"), (2, "Other"), (5, "Backfill")],
                db_default=2,
                default=2,
            ),
        ),
        migrations.AddField(
            model_name="inboxitem",
            name="passed_to",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="inboxitem",
            name="rank",
            field=models.SmallIntegerField(
                choices=[(0, "Stock"), (1, "Order"), (2, "Other"), (5, "Backfill")],
                db_default=2,
                default=2,
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["tenant", "target", "rank", "due_at", "id"],
                name="delivery_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="inboxitem",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["tenant", "connection", "rank", "due_at", "id"],
                name="inbox_waiting",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
