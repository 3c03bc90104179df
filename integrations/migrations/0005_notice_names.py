"""Names of notices get a table of their own, so that they stay known when inbox rows are dropped.

Both signatures of clarity_accept are replaced, so processes of earlier versions write names as
well. The names of the rows that are there are filled in under a lock that lets readers pass;
whoever takes a notice in waits for it.
"""

from __future__ import annotations

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import ProtectTenantTable

NAME = """
CREATE FUNCTION clarity_name(
    p_tenant uuid, p_connection uuid, p_kind text, p_topic text, p_name text, p_key text
) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(substring(sha256(convert_to(concat(
        p_tenant, p_connection, p_kind, length(p_topic), ':', p_topic, length(p_name), ':', p_name,
        p_key), 'UTF8')) FROM 1 FOR 16), 'hex')::uuid
$$
"""

DROP_NAME = "DROP FUNCTION clarity_name(uuid, uuid, text, text, text, text)"

# The door: the owner of the tables sees no tenant's rows.
FILL = """
LOCK TABLE integrations_inboxitem IN SHARE ROW EXCLUSIVE MODE;
SELECT set_config('role', 'clarity_staff', true);
INSERT INTO integrations_noticename (digest, tenant_id, day)
SELECT clarity_name(tenant_id, connection_id, 'delivery', '', delivery, key), tenant_id,
       (received_at AT TIME ZONE 'UTC')::date
FROM integrations_inboxitem WHERE delivery <> '' ORDER BY id
ON CONFLICT DO NOTHING;
INSERT INTO integrations_noticename (digest, tenant_id, day)
SELECT clarity_name(tenant_id, connection_id, 'event', topic, event, key), tenant_id,
       (received_at AT TIME ZONE 'UTC')::date
FROM integrations_inboxitem WHERE event <> '' ORDER BY id
ON CONFLICT DO NOTHING;
SELECT set_config('role', 'none', true);
"""

ARGUMENTS = """
    p_tenant uuid, p_connection uuid, p_lock bigint, p_entity text, p_key text, p_topic text,
    p_event text, p_delivery text, p_version text, p_context text, p_sealed bytea,
    p_occurred timestamptz, p_now timestamptz"""

ACCEPT = """
CREATE OR REPLACE FUNCTION clarity_accept(ARGUMENTS, p_rank smallint
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_day date := (p_now AT TIME ZONE 'UTC')::date;
    v_delivery uuid;
    v_payload bigint;
BEGIN
    PERFORM set_config('clarity.tenant', p_tenant::text, true);
    PERFORM pg_advisory_xact_lock_shared(p_lock);
    IF p_delivery <> '' THEN
        v_delivery := clarity_name(p_tenant, p_connection, 'delivery', '', p_delivery, p_key);
        INSERT INTO integrations_noticename (digest, tenant_id, day)
        VALUES (v_delivery, p_tenant, v_day) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN 0;
        END IF;
    END IF;
    IF p_event <> '' THEN
        INSERT INTO integrations_noticename (digest, tenant_id, day)
        VALUES (clarity_name(p_tenant, p_connection, 'event', p_topic, p_event, p_key), p_tenant, v_day)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            -- A name belongs to a notice that was taken in; this one was not.
            DELETE FROM integrations_noticename WHERE digest = v_delivery;
            RETURN 0;
        END IF;
    END IF;
    IF p_sealed IS NOT NULL THEN
        INSERT INTO integrations_payload (tenant_id, context, sealed, created_at)
        VALUES (p_tenant, p_context, p_sealed, p_now) RETURNING id INTO v_payload;
    END IF;
    INSERT INTO integrations_inboxitem (
        tenant_id, connection_id, entity, key, topic, event, delivery, version, payload_id, state,
        rank, number, reason, field, said, advice, attempts, trying_seconds, due_at, occurred_at, received_at)
    VALUES (
        p_tenant, p_connection, p_entity, p_key, p_topic, p_event, p_delivery, p_version, v_payload,
        'waiting', p_rank, '', '', '', '', '', 0, 0, p_now, p_occurred, p_now);
    UPDATE integrations_lane SET due_at = LEAST(due_at, p_now)
    WHERE connection_id = p_connection AND hinted_at IS NULL;
    RETURN CASE WHEN FOUND THEN 2 ELSE 1 END;
END
$$
""".replace("ARGUMENTS", ARGUMENTS)

# For processes of the version before ranks.
ACCEPT_WITHOUT_RANK = f"""
CREATE OR REPLACE FUNCTION clarity_accept({ARGUMENTS}
) RETURNS integer LANGUAGE sql AS $$
    SELECT clarity_accept(
        p_tenant, p_connection, p_lock, p_entity, p_key, p_topic, p_event, p_delivery, p_version,
        p_context, p_sealed, p_occurred, p_now, 2::smallint)
$$
"""

_EARLIER_BODY = """
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
        'waiting', {rank}, '', '', '', '', '', 0, 0, p_now, p_occurred, p_now)
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
"""


def earlier(arguments: str, rank: str) -> str:
    """A function as 0003 left it."""
    body = _EARLIER_BODY.format(rank=rank)
    return (
        f"CREATE OR REPLACE FUNCTION clarity_accept({arguments}) RETURNS integer LANGUAGE plpgsql"
        f" AS $$ DECLARE v_payload bigint; BEGIN {body} END $$"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0004_day_totals"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="NoticeName",
            fields=[
                ("digest", models.UUIDField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["day"], name="notice_name_by_day"
                    )
                ],
            },
        ),
        ProtectTenantTable("NoticeName"),
        migrations.RunSQL(NAME, DROP_NAME),
        migrations.RunSQL(ACCEPT, earlier(f"{ARGUMENTS}, p_rank smallint", "p_rank")),
        migrations.RunSQL(ACCEPT_WITHOUT_RANK, earlier(ARGUMENTS, "2")),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
