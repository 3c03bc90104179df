-- What all migrations make. Written by `manage.py baseline`, never by hand.

CREATE FUNCTION public.billing_is_written_once() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% rows are issued once, never changed or deleted; write a credit note',
        TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION public.billing_line_belongs() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM billing_invoice i
        WHERE i.id = NEW.invoice_id AND i.tenant_id = NEW.tenant_id AND NEW.number <= i.line_count
    ) THEN
        RAISE EXCEPTION 'invoice % has no line %', NEW.invoice_id, NEW.number
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.billing_numbers_follow() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.last <> OLD.last + 1
       OR (NEW.seller_id, NEW.kind, NEW.year) <> (OLD.seller_id, OLD.kind, OLD.year) THEN
        RAISE EXCEPTION 'invoice numbers follow one another without a gap'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.billing_prices_are_added() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'a price is added, never changed or deleted; add one from a later day'
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION public.clarity_accept(p_tenant uuid, p_connection uuid, p_lock bigint, p_entity text, p_key text, p_topic text, p_event text, p_delivery text, p_version text, p_context text, p_sealed bytea, p_occurred timestamp with time zone, p_now timestamp with time zone) RETURNS integer
    LANGUAGE sql
    AS $$
    SELECT clarity_accept(
        p_tenant, p_connection, p_lock, p_entity, p_key, p_topic, p_event, p_delivery, p_version,
        p_context, p_sealed, p_occurred, p_now, 2::smallint)
$$;

CREATE FUNCTION public.clarity_accept(p_tenant uuid, p_connection uuid, p_lock bigint, p_entity text, p_key text, p_topic text, p_event text, p_delivery text, p_version text, p_context text, p_sealed bytea, p_occurred timestamp with time zone, p_now timestamp with time zone, p_rank smallint) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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
$$;

CREATE FUNCTION public.clarity_agenda(p_tenant uuid, p_connection uuid, OUT items timestamp with time zone, OUT deliveries timestamp with time zone, OUT cursors timestamp with time zone, OUT backfills timestamp with time zone, OUT is_used boolean, OUT flows bigint[], OUT pair_states text[]) RETURNS record
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
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
$$;

CREATE FUNCTION public.clarity_deliveries_from(p_tenant uuid, p_connection uuid) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
DECLARE
    v_recent bigint;
    v_partition oid;
BEGIN
    SELECT last_value - 10000000000 INTO v_recent FROM integrations_delivery_id_seq;
    -- Oldest partition first; any of its rows will do.
    SELECT tableoid INTO v_partition FROM integrations_delivery
    WHERE tenant_id = p_tenant AND target_id = p_connection AND state = 'waiting' LIMIT 1;
    IF NOT FOUND THEN
        RETURN greatest(v_recent, 0);
    END IF;
    RETURN (
        SELECT least(greatest(v_recent, 0), coalesce(
            substring(pg_get_expr(relpartbound, oid) FROM 'FROM \(''?(\d+)')::bigint, 0))
        FROM pg_class WHERE oid = v_partition);
END
$$;

CREATE FUNCTION public.clarity_item_before(p_tenant uuid, p_connection uuid, p_entity text, p_key text, p_before bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
BEGIN
    RETURN (
        SELECT id FROM integrations_inboxitem
        WHERE tenant_id = p_tenant AND connection_id = p_connection AND entity = p_entity
          AND key = p_key AND id < p_before AND state <> 'merged'
        ORDER BY id DESC LIMIT 1);
END
$$;

CREATE FUNCTION public.clarity_items_from(p_tenant uuid, p_connection uuid) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
DECLARE
    v_recent bigint;
    v_partition oid;
BEGIN
    SELECT last_value - 10000000000 INTO v_recent FROM integrations_inboxitem_id_seq;
    -- Oldest partition first; any of its rows will do.
    SELECT tableoid INTO v_partition FROM integrations_inboxitem
    WHERE tenant_id = p_tenant AND connection_id = p_connection AND state = 'waiting' LIMIT 1;
    IF NOT FOUND THEN
        RETURN greatest(v_recent, 0);
    END IF;
    RETURN (
        SELECT least(greatest(v_recent, 0), coalesce(
            substring(pg_get_expr(relpartbound, oid) FROM 'FROM \(''?(\d+)')::bigint, 0))
        FROM pg_class WHERE oid = v_partition);
END
$$;

CREATE FUNCTION public.clarity_last_delivery(p_tenant uuid, p_flow bigint, p_key text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
BEGIN
    RETURN (
        SELECT id FROM integrations_delivery
        WHERE tenant_id = p_tenant AND flow_id = p_flow AND key = p_key
        ORDER BY id DESC LIMIT 1);
END
$$;

CREATE FUNCTION public.clarity_name(p_tenant uuid, p_connection uuid, p_kind text, p_topic text, p_name text, p_key text) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT encode(substring(sha256(convert_to(concat(
        p_tenant, p_connection, p_kind, length(p_topic), ':', p_topic, length(p_name), ':', p_name,
        p_key), 'UTF8')) FROM 1 FOR 16), 'hex')::uuid
$$;

CREATE FUNCTION public.clarity_older_deliveries(p_tenant uuid, p_flow bigint, p_key text, p_version text, p_before bigint) RETURNS bigint[]
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
BEGIN
    RETURN ARRAY(
        SELECT id FROM integrations_delivery
        WHERE tenant_id = p_tenant AND flow_id = p_flow AND key = p_key AND id < p_before
          AND (state IN ('held', 'dead') OR (state = 'waiting' AND attempts = 0
               AND (version = '' OR p_version = '' OR version <= p_version))));
END
$$;

CREATE FUNCTION public.clarity_stopped_items(p_tenant uuid, p_connection uuid, p_entity text, p_key text, p_before bigint) RETURNS bigint[]
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
BEGIN
    RETURN ARRAY(
        SELECT id FROM integrations_inboxitem
        WHERE tenant_id = p_tenant AND connection_id = p_connection AND entity = p_entity
          AND key = p_key AND id < p_before AND state IN ('held', 'dead'));
END
$$;

CREATE FUNCTION public.clarity_tried_before(p_tenant uuid, p_flow bigint, p_key text, p_before bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET max_parallel_workers_per_gather TO '0'
    AS $$
BEGIN
    RETURN (
        SELECT id FROM integrations_delivery
        WHERE tenant_id = p_tenant AND flow_id = p_flow AND key = p_key AND id < p_before
          AND attempts > 0
        ORDER BY id DESC LIMIT 1);
END
$$;

CREATE FUNCTION public.mappings_published_is_fixed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.tenants_audit_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are only added, never changed or deleted'
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TABLE public.account_emailaddress (
    id integer NOT NULL,
    email character varying(254) NOT NULL,
    verified boolean NOT NULL,
    "primary" boolean NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE public.account_emailaddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailaddress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.account_emailconfirmation (
    id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    sent timestamp with time zone,
    key character varying(64) NOT NULL,
    email_address_id integer NOT NULL
);

ALTER TABLE public.account_emailconfirmation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailconfirmation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);

ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);

ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_billedpair (
    id uuid NOT NULL,
    pair_id uuid NOT NULL,
    pair_name character varying(120) NOT NULL,
    starts_on date NOT NULL,
    paid_until date NOT NULL,
    ends_on date,
    is_taken boolean NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    tenant_id uuid NOT NULL,
    agreed_a_term numeric(16,3)
);

ALTER TABLE ONLY public.billing_billedpair FORCE ROW LEVEL SECURITY;

CREATE TABLE public.billing_billingdetails (
    id bigint NOT NULL,
    name character varying(200) NOT NULL,
    address text NOT NULL,
    country character varying(2) NOT NULL,
    region character varying(40) NOT NULL,
    tax_id character varying(60) NOT NULL,
    contact_name character varying(200) NOT NULL,
    contact_email character varying(254) NOT NULL,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.billing_billingdetails FORCE ROW LEVEL SECURITY;

ALTER TABLE public.billing_billingdetails ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_billingdetails_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_contract (
    id bigint NOT NULL,
    currency character varying(3) NOT NULL,
    a_term numeric(16,3) NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    note text NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT contract_not_negative CHECK ((a_term >= (0)::numeric))
);

ALTER TABLE ONLY public.billing_contract FORCE ROW LEVEL SECURITY;

ALTER TABLE public.billing_contract ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_contract_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_discount (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    percent numeric(7,4) NOT NULL,
    off_a_term numeric(16,3) NOT NULL,
    currency character varying(3) NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    tenant_id uuid NOT NULL,
    CONSTRAINT discount_takes_off CHECK (((off_a_term >= (0)::numeric) AND (percent >= (0)::numeric) AND (percent <= (100)::numeric)))
);

ALTER TABLE ONLY public.billing_discount FORCE ROW LEVEL SECURITY;

ALTER TABLE public.billing_discount ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_discount_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_invoice (
    id uuid NOT NULL,
    kind character varying(8) NOT NULL,
    year smallint NOT NULL,
    sequence integer NOT NULL,
    number character varying(40) NOT NULL,
    cause character varying(120) NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    issued_on date NOT NULL,
    due_on date NOT NULL,
    currency character varying(3) NOT NULL,
    line_count smallint NOT NULL,
    net numeric(16,3) NOT NULL,
    tax numeric(16,3) NOT NULL,
    total numeric(16,3) NOT NULL,
    seller_said jsonb NOT NULL,
    buyer_said jsonb NOT NULL,
    reason text NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    corrects_id uuid,
    tenant_id uuid NOT NULL,
    seller_id character varying(20) NOT NULL,
    CONSTRAINT billing_invoice_line_count_check CHECK ((line_count >= 0)),
    CONSTRAINT billing_invoice_sequence_check CHECK ((sequence >= 0)),
    CONSTRAINT billing_invoice_year_check CHECK ((year >= 0)),
    CONSTRAINT invoice_adds_up CHECK ((total = (net + tax))),
    CONSTRAINT invoice_or_credit_note CHECK ((((corrects_id IS NULL) AND ((kind)::text = 'invoice'::text) AND (total >= (0)::numeric)) OR ((corrects_id IS NOT NULL) AND ((kind)::text = 'credit'::text) AND (total <= (0)::numeric))))
);

ALTER TABLE ONLY public.billing_invoice FORCE ROW LEVEL SECURITY;

CREATE TABLE public.billing_invoiceline (
    id bigint NOT NULL,
    number smallint NOT NULL,
    credits_number smallint,
    text character varying(300) NOT NULL,
    pair_id uuid,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    days smallint NOT NULL,
    of_days smallint NOT NULL,
    a_term numeric(16,3) NOT NULL,
    gross numeric(16,3) NOT NULL,
    discount numeric(16,3) NOT NULL,
    discount_name character varying(80) NOT NULL,
    net numeric(16,3) NOT NULL,
    tax_name character varying(80) NOT NULL,
    tax_percent numeric(7,4) NOT NULL,
    tax numeric(16,3) NOT NULL,
    invoice_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT billing_invoiceline_credits_number_check CHECK ((credits_number >= 0)),
    CONSTRAINT billing_invoiceline_days_check CHECK ((days >= 0)),
    CONSTRAINT billing_invoiceline_number_check CHECK ((number >= 0)),
    CONSTRAINT billing_invoiceline_of_days_check CHECK ((of_days >= 0)),
    CONSTRAINT invoice_line_adds_up CHECK ((net = (gross - discount))),
    CONSTRAINT invoice_line_from_one CHECK ((number >= 1))
);

ALTER TABLE ONLY public.billing_invoiceline FORCE ROW LEVEL SECURITY;

ALTER TABLE public.billing_invoiceline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_invoiceline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_legalentity (
    code character varying(20) NOT NULL,
    name character varying(200) NOT NULL,
    address text NOT NULL,
    country character varying(2) NOT NULL,
    tax_id character varying(60) NOT NULL,
    time_zone character varying(64) NOT NULL,
    prefix character varying(12) NOT NULL,
    currency character varying(3) NOT NULL,
    is_usual boolean NOT NULL,
    bank_lines text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.billing_letter (
    id uuid NOT NULL,
    kind character varying(14) NOT NULL,
    cause character varying(160) NOT NULL,
    facts jsonb NOT NULL,
    state character varying(8) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    held_until timestamp with time zone,
    token integer NOT NULL,
    attempts smallint NOT NULL,
    interrupted smallint NOT NULL,
    rounds smallint NOT NULL,
    outcome character varying(400) NOT NULL,
    sent_to text NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    invoice_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT billing_letter_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT billing_letter_interrupted_check CHECK ((interrupted >= 0)),
    CONSTRAINT billing_letter_rounds_check CHECK ((rounds >= 0)),
    CONSTRAINT billing_letter_token_check CHECK ((token >= 0)),
    CONSTRAINT letter_state_is_known CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'sent'::character varying, 'dropped'::character varying, 'given_up'::character varying])::text[])))
);

ALTER TABLE ONLY public.billing_letter FORCE ROW LEVEL SECURITY;

CREATE TABLE public.billing_numberseries (
    id bigint NOT NULL,
    kind character varying(8) NOT NULL,
    year smallint NOT NULL,
    last integer NOT NULL,
    seller_id character varying(20) NOT NULL,
    CONSTRAINT billing_numberseries_last_check CHECK ((last >= 0)),
    CONSTRAINT billing_numberseries_year_check CHECK ((year >= 0))
);

ALTER TABLE public.billing_numberseries ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_numberseries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_payment (
    id uuid NOT NULL,
    method character varying(8) NOT NULL,
    reference character varying(120) NOT NULL,
    amount numeric(16,3) NOT NULL,
    currency character varying(3) NOT NULL,
    received_on date NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    invoice_id uuid NOT NULL,
    recorded_by_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT payment_is_something CHECK ((NOT (amount = (0)::numeric)))
);

ALTER TABLE ONLY public.billing_payment FORCE ROW LEVEL SECURITY;

CREATE TABLE public.billing_paymenttry (
    id uuid NOT NULL,
    number smallint NOT NULL,
    way character varying(8) NOT NULL,
    state character varying(10) NOT NULL,
    amount numeric(16,3) NOT NULL,
    currency character varying(3) NOT NULL,
    session_id character varying(255),
    intent_id character varying(255),
    method_id character varying(255) NOT NULL,
    keeps_card boolean NOT NULL,
    is_card_kept boolean NOT NULL,
    problem_code character varying(80) NOT NULL,
    problem character varying(300) NOT NULL,
    is_final boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    asked_by_id uuid,
    invoice_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT billing_paymenttry_number_check CHECK ((number >= 0)),
    CONSTRAINT payment_try_state_is_known CHECK (((state)::text = ANY ((ARRAY['asked'::character varying, 'open'::character varying, 'processing'::character varying, 'paid'::character varying, 'failed'::character varying, 'over'::character varying])::text[])))
);

ALTER TABLE ONLY public.billing_paymenttry FORCE ROW LEVEL SECURITY;

CREATE TABLE public.billing_plan (
    code character varying(40) NOT NULL,
    name character varying(80) NOT NULL,
    months smallint NOT NULL,
    fair_use_a_month integer NOT NULL,
    net_days smallint NOT NULL,
    reminder_days jsonb NOT NULL,
    grace_days smallint NOT NULL,
    readable_days smallint NOT NULL,
    is_offered boolean NOT NULL,
    trial_days smallint DEFAULT 0 NOT NULL,
    CONSTRAINT billing_plan_fair_use_a_month_check CHECK ((fair_use_a_month >= 0)),
    CONSTRAINT billing_plan_grace_days_check CHECK ((grace_days >= 0)),
    CONSTRAINT billing_plan_months_check CHECK ((months >= 0)),
    CONSTRAINT billing_plan_net_days_check CHECK ((net_days >= 0)),
    CONSTRAINT billing_plan_readable_days_check CHECK ((readable_days >= 0)),
    CONSTRAINT billing_plan_trial_days_check CHECK ((trial_days >= 0)),
    CONSTRAINT plan_has_months CHECK ((months >= 1))
);

CREATE TABLE public.billing_price (
    id bigint NOT NULL,
    currency character varying(3) NOT NULL,
    monthly numeric(16,3) NOT NULL,
    starts_on date NOT NULL,
    plan_id character varying(40) NOT NULL,
    CONSTRAINT price_not_negative CHECK ((monthly >= (0)::numeric))
);

ALTER TABLE public.billing_price ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_price_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_receivable (
    id bigint NOT NULL,
    open numeric(16,3) NOT NULL,
    due_on date NOT NULL,
    reminders smallint NOT NULL,
    reminder_on date,
    grace_ends_on date NOT NULL,
    settled_at timestamp with time zone,
    invoice_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT billing_receivable_reminders_check CHECK ((reminders >= 0))
);

ALTER TABLE ONLY public.billing_receivable FORCE ROW LEVEL SECURITY;

ALTER TABLE public.billing_receivable ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_receivable_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_stripecustomer (
    id bigint NOT NULL,
    customer_id character varying(255) NOT NULL,
    method_id character varying(255) NOT NULL,
    kind character varying(40) NOT NULL,
    brand character varying(40) NOT NULL,
    last4 character varying(4) NOT NULL,
    expires_month smallint,
    expires_year smallint,
    kept_at timestamp with time zone,
    read_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    kept_by_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT billing_stripecustomer_expires_month_check CHECK ((expires_month >= 0)),
    CONSTRAINT billing_stripecustomer_expires_year_check CHECK ((expires_year >= 0))
);

ALTER TABLE ONLY public.billing_stripecustomer FORCE ROW LEVEL SECURITY;

ALTER TABLE public.billing_stripecustomer ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_stripecustomer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_stripeevent (
    id character varying(255) NOT NULL,
    kind character varying(80) NOT NULL,
    object_id character varying(255) NOT NULL,
    is_live boolean NOT NULL,
    happened_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    state character varying(8) NOT NULL,
    tries integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    problem character varying(300) NOT NULL,
    CONSTRAINT billing_stripeevent_tries_check CHECK ((tries >= 0)),
    CONSTRAINT stripe_event_state_is_known CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'done'::character varying, 'ignored'::character varying])::text[])))
);

CREATE TABLE public.billing_subscription (
    id uuid NOT NULL,
    currency character varying(3) NOT NULL,
    time_zone character varying(64) NOT NULL,
    state character varying(9) NOT NULL,
    anchor_on date NOT NULL,
    term_starts_on date NOT NULL,
    renews_on date NOT NULL,
    cancelled_at timestamp with time zone,
    cancel_reason text NOT NULL,
    ended_on date,
    readable_until date,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    next_plan_id character varying(40),
    plan_id character varying(40) NOT NULL,
    seller_id character varying(20) NOT NULL,
    tenant_id uuid NOT NULL,
    is_trial boolean DEFAULT false NOT NULL,
    CONSTRAINT subscription_state_is_known CHECK (((state)::text = ANY ((ARRAY['active'::character varying, 'cancelled'::character varying, 'resting'::character varying, 'ended'::character varying])::text[]))),
    CONSTRAINT subscription_term_has_days CHECK ((renews_on > term_starts_on))
);

ALTER TABLE ONLY public.billing_subscription FORCE ROW LEVEL SECURITY;

CREATE TABLE public.billing_taxrate (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    percent numeric(7,4) NOT NULL,
    country character varying(2) NOT NULL,
    region character varying(40) NOT NULL,
    buyers character varying(10) NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    seller_id character varying(20) NOT NULL,
    CONSTRAINT tax_is_a_percentage CHECK (((percent >= (0)::numeric) AND (percent <= (100)::numeric)))
);

ALTER TABLE public.billing_taxrate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_taxrate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_trial (
    id bigint NOT NULL,
    days smallint NOT NULL,
    reason text NOT NULL,
    starts_on date,
    ends_on date,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    granted_by_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT billing_trial_days_check CHECK ((days >= 0)),
    CONSTRAINT trial_ends_after_it_began CHECK ((((ends_on IS NULL) AND (starts_on IS NULL)) OR (ends_on > starts_on))),
    CONSTRAINT trial_has_days CHECK ((days >= 1))
);

ALTER TABLE ONLY public.billing_trial FORCE ROW LEVEL SECURITY;

ALTER TABLE public.billing_trial ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_trial_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_unmatchedpayment (
    id uuid NOT NULL,
    payment_id character varying(255) NOT NULL,
    customer_id character varying(255) NOT NULL,
    minor_amount bigint NOT NULL,
    currency character varying(3) NOT NULL,
    invoice_number character varying(40) NOT NULL,
    problem character varying(300) NOT NULL,
    state character varying(9) NOT NULL,
    paid_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    went_back_at timestamp with time zone,
    settled_at timestamp with time zone,
    note character varying(500) NOT NULL,
    settled_by_id uuid,
    tenant_id uuid,
    CONSTRAINT unmatched_state_is_known CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'booked'::character varying, 'dismissed'::character varying])::text[])))
);

ALTER TABLE ONLY public.billing_unmatchedpayment FORCE ROW LEVEL SECURITY;

CREATE TABLE public.clarity_cache (
    cache_key character varying(255) NOT NULL,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);

CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id uuid NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);

ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);

ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);

ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_q_ormq (
    id integer NOT NULL,
    key character varying(100) NOT NULL,
    payload text NOT NULL,
    lock timestamp with time zone
);

ALTER TABLE public.django_q_ormq ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_q_ormq_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_q_schedule (
    id integer NOT NULL,
    func character varying(256) NOT NULL,
    hook character varying(256),
    args text,
    kwargs text,
    schedule_type character varying(2) NOT NULL,
    repeats integer NOT NULL,
    next_run timestamp with time zone,
    task character varying(100),
    name character varying(100),
    minutes smallint,
    cron character varying(100),
    cluster character varying(100),
    intended_date_kwarg character varying(100),
    CONSTRAINT django_q_schedule_minutes_check CHECK ((minutes >= 0))
);

ALTER TABLE public.django_q_schedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_q_schedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_q_task (
    name character varying(100) NOT NULL,
    func character varying(256) NOT NULL,
    hook character varying(256),
    args text,
    kwargs text,
    result text,
    started timestamp with time zone NOT NULL,
    stopped timestamp with time zone NOT NULL,
    success boolean NOT NULL,
    id character varying(32) NOT NULL,
    "group" character varying(100),
    attempt_count integer NOT NULL,
    cluster character varying(100)
);

CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);

CREATE TABLE public.integrations_alertaddress (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    left_at timestamp with time zone,
    tenant_id uuid NOT NULL,
    channel_id uuid NOT NULL
);

ALTER TABLE ONLY public.integrations_alertaddress FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_alertcase (
    id bigint NOT NULL,
    topic character varying(7) NOT NULL,
    began_at timestamp with time zone NOT NULL,
    cause character varying(600) NOT NULL,
    told_at timestamp with time zone,
    told_count integer NOT NULL,
    grown_at timestamp with time zone,
    clear_since timestamp with time zone,
    over_at timestamp with time zone,
    looked_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    connection_id uuid,
    incident_id bigint,
    tenant_id uuid NOT NULL,
    privacy_request_id uuid,
    CONSTRAINT alert_case_of_one_thing CHECK (((incident_id IS NULL) OR (connection_id IS NULL))),
    CONSTRAINT integrations_alertcase_told_count_check CHECK ((told_count >= 0))
);

ALTER TABLE ONLY public.integrations_alertcase FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_alertcase ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_alertcase_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_alertchannel (
    id uuid NOT NULL,
    kind character varying(7) NOT NULL,
    name character varying(80) NOT NULL,
    is_on boolean NOT NULL,
    hears jsonb NOT NULL,
    has_digest boolean NOT NULL,
    to_owners boolean NOT NULL,
    member_ids jsonb NOT NULL,
    host character varying(255) NOT NULL,
    sealed bytea,
    hears_from timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_sent_at timestamp with time zone,
    last_failed_at timestamp with time zone,
    problem character varying(400) NOT NULL,
    failures integer NOT NULL,
    failing_since timestamp with time zone,
    owners_told_at timestamp with time zone,
    created_by_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT alert_channel_leads_on CHECK ((((kind)::text = 'email'::text) OR (sealed IS NOT NULL))),
    CONSTRAINT integrations_alertchannel_failures_check CHECK ((failures >= 0))
);

ALTER TABLE ONLY public.integrations_alertchannel FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_alertmessage (
    id uuid NOT NULL,
    channel_name character varying(80) NOT NULL,
    kind character varying(8) NOT NULL,
    day date,
    subject character varying(250) NOT NULL,
    content jsonb NOT NULL,
    state character varying(8) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    held_until timestamp with time zone,
    token integer NOT NULL,
    attempts integer NOT NULL,
    interrupted smallint NOT NULL,
    finished_at timestamp with time zone,
    outcome character varying(400) NOT NULL,
    case_id bigint,
    channel_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_alertmessage_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT integrations_alertmessage_interrupted_check CHECK ((interrupted >= 0)),
    CONSTRAINT integrations_alertmessage_token_check CHECK ((token >= 0))
);

ALTER TABLE ONLY public.integrations_alertmessage FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_alertplan (
    tenant_id uuid NOT NULL,
    digest_hour smallint NOT NULL,
    digest_day date,
    digests_nothing boolean NOT NULL,
    CONSTRAINT alert_plan_hour_of_a_day CHECK ((digest_hour < 24)),
    CONSTRAINT integrations_alertplan_digest_hour_check CHECK ((digest_hour >= 0))
);

ALTER TABLE ONLY public.integrations_alertplan FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_attempt (
    id bigint NOT NULL,
    number integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    outcome character varying(20) NOT NULL,
    message character varying(600) NOT NULL,
    calls integer NOT NULL,
    payload_id bigint,
    tenant_id uuid NOT NULL,
    delivery_id bigint NOT NULL,
    CONSTRAINT integrations_attempt_calls_check CHECK ((calls >= 0)),
    CONSTRAINT integrations_attempt_number_check CHECK ((number >= 0))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY public.integrations_attempt FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_attempt_first (
    id bigint DEFAULT NULL CONSTRAINT integrations_attempt_id_not_null NOT NULL,
    number integer CONSTRAINT integrations_attempt_number_not_null NOT NULL,
    started_at timestamp with time zone CONSTRAINT integrations_attempt_started_at_not_null NOT NULL,
    finished_at timestamp with time zone,
    outcome character varying(20) CONSTRAINT integrations_attempt_outcome_not_null NOT NULL,
    message character varying(600) CONSTRAINT integrations_attempt_message_not_null NOT NULL,
    calls integer CONSTRAINT integrations_attempt_calls_not_null NOT NULL,
    payload_id bigint,
    tenant_id uuid CONSTRAINT integrations_attempt_tenant_id_not_null NOT NULL,
    delivery_id bigint CONSTRAINT integrations_attempt_delivery_id_not_null NOT NULL,
    CONSTRAINT integrations_attempt_calls_check CHECK ((calls >= 0)),
    CONSTRAINT integrations_attempt_number_check CHECK ((number >= 0))
);

ALTER TABLE ONLY public.integrations_attempt_first FORCE ROW LEVEL SECURITY;

CREATE SEQUENCE public.integrations_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.integrations_attempt_id_seq OWNED BY public.integrations_attempt.id;

CREATE TABLE public.integrations_backfill (
    id bigint NOT NULL,
    state character varying(9) NOT NULL,
    records integer,
    listed_there integer,
    list_calls integer NOT NULL,
    read_calls integer NOT NULL,
    write_calls integer NOT NULL,
    planned_seconds integer NOT NULL,
    links_articles boolean NOT NULL,
    is_listed boolean NOT NULL,
    is_read boolean NOT NULL,
    list_cursor text NOT NULL,
    cursor text NOT NULL,
    listed integer NOT NULL,
    read integer NOT NULL,
    unmatched integer NOT NULL,
    calls integer NOT NULL,
    due_at timestamp with time zone,
    failures integer NOT NULL,
    problem character varying(600) NOT NULL,
    outcomes jsonb NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    flow_id bigint NOT NULL,
    started_by_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_backfill_calls_check CHECK ((calls >= 0)),
    CONSTRAINT integrations_backfill_failures_check CHECK ((failures >= 0)),
    CONSTRAINT integrations_backfill_list_calls_check CHECK ((list_calls >= 0)),
    CONSTRAINT integrations_backfill_listed_check CHECK ((listed >= 0)),
    CONSTRAINT integrations_backfill_listed_there_check CHECK ((listed_there >= 0)),
    CONSTRAINT integrations_backfill_planned_seconds_check CHECK ((planned_seconds >= 0)),
    CONSTRAINT integrations_backfill_read_calls_check CHECK ((read_calls >= 0)),
    CONSTRAINT integrations_backfill_read_check CHECK ((read >= 0)),
    CONSTRAINT integrations_backfill_records_check CHECK ((records >= 0)),
    CONSTRAINT integrations_backfill_unmatched_check CHECK ((unmatched >= 0)),
    CONSTRAINT integrations_backfill_write_calls_check CHECK ((write_calls >= 0))
);

ALTER TABLE ONLY public.integrations_backfill FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_backfill ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_backfill_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_backfillarticle (
    id bigint NOT NULL,
    side character varying(6) NOT NULL,
    key character varying(191) NOT NULL,
    sku character varying(191) NOT NULL,
    title character varying(200) NOT NULL,
    reason character varying(200) NOT NULL,
    is_matched boolean NOT NULL,
    backfill_id bigint NOT NULL,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.integrations_backfillarticle FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_backfillarticle ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_backfillarticle_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_balance (
    tenant_id uuid NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    seconds double precision NOT NULL,
    due_at timestamp with time zone NOT NULL,
    ever jsonb NOT NULL,
    day jsonb NOT NULL,
    imbalances jsonb NOT NULL
);

ALTER TABLE ONLY public.integrations_balance FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_bulkjob (
    id uuid NOT NULL,
    act character varying(20) NOT NULL,
    asked jsonb NOT NULL,
    reason character varying(500) NOT NULL,
    over character varying(120) NOT NULL,
    accounts jsonb NOT NULL,
    state character varying(7) NOT NULL,
    "position" integer NOT NULL,
    token bigint NOT NULL,
    held_until timestamp with time zone,
    due_at timestamp with time zone,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    started_by_id uuid,
    CONSTRAINT integrations_bulkjob_position_check CHECK (("position" >= 0))
);

CREATE TABLE public.integrations_bulkstep (
    id bigint NOT NULL,
    state character varying(7) NOT NULL,
    tries smallint NOT NULL,
    said character varying(1000) NOT NULL,
    details jsonb NOT NULL,
    finished_at timestamp with time zone,
    job_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_bulkstep_tries_check CHECK ((tries >= 0))
);

ALTER TABLE ONLY public.integrations_bulkstep FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_bulkstep ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_bulkstep_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_chore (
    name character varying(40) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    hinted_at timestamp with time zone,
    held_until timestamp with time zone,
    token bigint NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    failures integer NOT NULL,
    problem character varying(400) NOT NULL,
    CONSTRAINT integrations_chore_failures_check CHECK ((failures >= 0))
);

CREATE TABLE public.integrations_connection (
    id uuid NOT NULL,
    connector character varying(40) NOT NULL,
    flavour character varying(40) NOT NULL,
    name character varying(120) NOT NULL,
    environment character varying(12) NOT NULL,
    base_url character varying(400) NOT NULL,
    settings jsonb NOT NULL,
    state character varying(12) NOT NULL,
    state_reason character varying(400) NOT NULL,
    state_since timestamp with time zone NOT NULL,
    account_name character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.integrations_connection FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_convergencerun (
    id bigint NOT NULL,
    state character varying(7) NOT NULL,
    compared integer NOT NULL,
    matched integer NOT NULL,
    equal integer NOT NULL,
    on_the_way integer NOT NULL,
    counts jsonb NOT NULL,
    differences jsonb NOT NULL,
    read_at_till integer NOT NULL,
    read_in_shop integer NOT NULL,
    calls integer NOT NULL,
    problem character varying(600) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    mended_at timestamp with time zone,
    mended integer NOT NULL,
    pair_id uuid NOT NULL,
    started_by_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_convergencerun_calls_check CHECK ((calls >= 0)),
    CONSTRAINT integrations_convergencerun_compared_check CHECK ((compared >= 0)),
    CONSTRAINT integrations_convergencerun_equal_check CHECK ((equal >= 0)),
    CONSTRAINT integrations_convergencerun_matched_check CHECK ((matched >= 0)),
    CONSTRAINT integrations_convergencerun_mended_check CHECK ((mended >= 0)),
    CONSTRAINT integrations_convergencerun_on_the_way_check CHECK ((on_the_way >= 0)),
    CONSTRAINT integrations_convergencerun_read_at_till_check CHECK ((read_at_till >= 0)),
    CONSTRAINT integrations_convergencerun_read_in_shop_check CHECK ((read_in_shop >= 0))
);

ALTER TABLE ONLY public.integrations_convergencerun FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_convergencerun ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_convergencerun_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_credential (
    id bigint NOT NULL,
    field character varying(64) NOT NULL,
    sealed bytea NOT NULL,
    key_version integer NOT NULL,
    set_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    connection_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_credential_key_version_check CHECK ((key_version >= 0))
);

ALTER TABLE ONLY public.integrations_credential FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_credential ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_credential_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_cursor (
    id bigint NOT NULL,
    entity character varying(12) NOT NULL,
    value text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    polled_at timestamp with time zone,
    failures integer NOT NULL,
    problem character varying(600) NOT NULL,
    connection_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_cursor_failures_check CHECK ((failures >= 0))
);

ALTER TABLE ONLY public.integrations_cursor FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_cursor ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_cursor_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_datakey (
    id bigint NOT NULL,
    version integer NOT NULL,
    wrapped bytea NOT NULL,
    master_key_id character varying(64) NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT data_key_version_from_one CHECK ((version >= 1)),
    CONSTRAINT integrations_datakey_version_check CHECK ((version >= 0))
);

ALTER TABLE ONLY public.integrations_datakey FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_datakey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_datakey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_daytotal (
    id bigint NOT NULL,
    entity character varying(12) NOT NULL,
    day date NOT NULL,
    "row" character varying(8) NOT NULL,
    outcome character varying(9) NOT NULL,
    count bigint NOT NULL,
    passed_to bigint NOT NULL,
    connection_id uuid NOT NULL,
    flow_id bigint,
    tenant_id uuid NOT NULL,
    CONSTRAINT day_total_flow_of_delivery CHECK ((((flow_id IS NULL) AND (("row")::text = 'item'::text)) OR ((flow_id IS NOT NULL) AND (passed_to = 0) AND (("row")::text = 'delivery'::text)))),
    CONSTRAINT integrations_daytotal_count_check CHECK ((count >= 0)),
    CONSTRAINT integrations_daytotal_passed_to_check CHECK ((passed_to >= 0))
);

ALTER TABLE ONLY public.integrations_daytotal FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_daytotal ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_daytotal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_delivery (
    id bigint NOT NULL,
    entity character varying(12) NOT NULL,
    key character varying(191) NOT NULL,
    number character varying(80) NOT NULL,
    reference character varying(191) NOT NULL,
    version character varying(40) NOT NULL,
    payload_id bigint,
    content_hash character varying(64) NOT NULL,
    mapping_version character varying(80) NOT NULL,
    state character varying(9) NOT NULL,
    reason character varying(600) NOT NULL,
    field character varying(200) NOT NULL,
    said character varying(400) NOT NULL,
    advice character varying(600) NOT NULL,
    needs jsonb NOT NULL,
    progress jsonb NOT NULL,
    attempts integer NOT NULL,
    trying_seconds integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    intent_at timestamp with time zone,
    target_key character varying(191) NOT NULL,
    target_label character varying(120) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    target_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    flow_id bigint NOT NULL,
    inbox_item_id bigint NOT NULL,
    rank smallint DEFAULT 2 NOT NULL,
    incident_id bigint,
    CONSTRAINT integrations_delivery_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT integrations_delivery_trying_seconds_check CHECK ((trying_seconds >= 0))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY public.integrations_delivery FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_delivery_first (
    id bigint DEFAULT NULL CONSTRAINT integrations_delivery_id_not_null NOT NULL,
    entity character varying(12) CONSTRAINT integrations_delivery_entity_not_null NOT NULL,
    key character varying(191) CONSTRAINT integrations_delivery_key_not_null NOT NULL,
    number character varying(80) CONSTRAINT integrations_delivery_number_not_null NOT NULL,
    reference character varying(191) CONSTRAINT integrations_delivery_reference_not_null NOT NULL,
    version character varying(40) CONSTRAINT integrations_delivery_version_not_null NOT NULL,
    payload_id bigint,
    content_hash character varying(64) CONSTRAINT integrations_delivery_content_hash_not_null NOT NULL,
    mapping_version character varying(80) CONSTRAINT integrations_delivery_mapping_version_not_null NOT NULL,
    state character varying(9) CONSTRAINT integrations_delivery_state_not_null NOT NULL,
    reason character varying(600) CONSTRAINT integrations_delivery_reason_not_null NOT NULL,
    field character varying(200) CONSTRAINT integrations_delivery_field_not_null NOT NULL,
    said character varying(400) CONSTRAINT integrations_delivery_said_not_null NOT NULL,
    advice character varying(600) CONSTRAINT integrations_delivery_advice_not_null NOT NULL,
    needs jsonb CONSTRAINT integrations_delivery_needs_not_null NOT NULL,
    progress jsonb CONSTRAINT integrations_delivery_progress_not_null NOT NULL,
    attempts integer CONSTRAINT integrations_delivery_attempts_not_null NOT NULL,
    trying_seconds integer CONSTRAINT integrations_delivery_trying_seconds_not_null NOT NULL,
    due_at timestamp with time zone CONSTRAINT integrations_delivery_due_at_not_null NOT NULL,
    intent_at timestamp with time zone,
    target_key character varying(191) CONSTRAINT integrations_delivery_target_key_not_null NOT NULL,
    target_label character varying(120) CONSTRAINT integrations_delivery_target_label_not_null NOT NULL,
    created_at timestamp with time zone CONSTRAINT integrations_delivery_created_at_not_null NOT NULL,
    finished_at timestamp with time zone,
    target_id uuid CONSTRAINT integrations_delivery_target_id_not_null NOT NULL,
    tenant_id uuid CONSTRAINT integrations_delivery_tenant_id_not_null NOT NULL,
    flow_id bigint CONSTRAINT integrations_delivery_flow_id_not_null NOT NULL,
    inbox_item_id bigint CONSTRAINT integrations_delivery_inbox_item_id_not_null NOT NULL,
    rank smallint DEFAULT 2 CONSTRAINT integrations_delivery_rank_not_null NOT NULL,
    incident_id bigint,
    CONSTRAINT integrations_delivery_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT integrations_delivery_trying_seconds_check CHECK ((trying_seconds >= 0))
);

ALTER TABLE ONLY public.integrations_delivery_first FORCE ROW LEVEL SECURITY;

CREATE SEQUENCE public.integrations_delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.integrations_delivery_id_seq OWNED BY public.integrations_delivery.id;

CREATE TABLE public.integrations_dryrun (
    id bigint NOT NULL,
    state character varying(7) NOT NULL,
    rules character varying(200) NOT NULL,
    orders integer NOT NULL,
    would_arrive integer NOT NULL,
    would_stop integer NOT NULL,
    left_out integer NOT NULL,
    payload_id bigint,
    problem character varying(600) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    pair_id uuid NOT NULL,
    started_by_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_dryrun_left_out_check CHECK ((left_out >= 0)),
    CONSTRAINT integrations_dryrun_orders_check CHECK ((orders >= 0)),
    CONSTRAINT integrations_dryrun_would_arrive_check CHECK ((would_arrive >= 0)),
    CONSTRAINT integrations_dryrun_would_stop_check CHECK ((would_stop >= 0))
);

ALTER TABLE ONLY public.integrations_dryrun FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_dryrun ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_dryrun_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_erasure (
    id uuid NOT NULL,
    account uuid NOT NULL,
    business character varying(200) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    shredded_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoked jsonb NOT NULL,
    counts jsonb NOT NULL,
    finished_at timestamp with time zone
);

CREATE TABLE public.integrations_export (
    id uuid NOT NULL,
    kind character varying(8) NOT NULL,
    state character varying(8) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    expires_at timestamp with time zone,
    section smallint NOT NULL,
    cursor bigint NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    failures smallint NOT NULL,
    problem character varying(400) NOT NULL,
    started_by_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_export_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT integrations_export_failures_check CHECK ((failures >= 0)),
    CONSTRAINT integrations_export_rows_check CHECK ((rows >= 0)),
    CONSTRAINT integrations_export_section_check CHECK ((section >= 0))
);

ALTER TABLE ONLY public.integrations_export FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_exportpart (
    id bigint NOT NULL,
    file character varying(60) NOT NULL,
    number integer NOT NULL,
    sealed bytea NOT NULL,
    export_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_exportpart_number_check CHECK ((number >= 0))
);

ALTER TABLE ONLY public.integrations_exportpart FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_exportpart ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_exportpart_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_flow (
    id bigint NOT NULL,
    entity character varying(12) NOT NULL,
    direction character varying(8) NOT NULL,
    is_on boolean NOT NULL,
    source_id uuid NOT NULL,
    target_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    pair_id uuid NOT NULL,
    on_since timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    mapping_version_id bigint
);

ALTER TABLE ONLY public.integrations_flow FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_flow ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_flow_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_hourfigure (
    id bigint NOT NULL,
    hour timestamp with time zone NOT NULL,
    delivered integer NOT NULL,
    unchanged integer NOT NULL,
    merged integer NOT NULL,
    filtered integer NOT NULL,
    held integer NOT NULL,
    dead integer NOT NULL,
    waiting integer NOT NULL,
    ages integer[] NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    took_ms integer NOT NULL,
    flow_id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_hourfigure_dead_check CHECK ((dead >= 0)),
    CONSTRAINT integrations_hourfigure_delivered_check CHECK ((delivered >= 0)),
    CONSTRAINT integrations_hourfigure_filtered_check CHECK ((filtered >= 0)),
    CONSTRAINT integrations_hourfigure_held_check CHECK ((held >= 0)),
    CONSTRAINT integrations_hourfigure_merged_check CHECK ((merged >= 0)),
    CONSTRAINT integrations_hourfigure_took_ms_check CHECK ((took_ms >= 0)),
    CONSTRAINT integrations_hourfigure_unchanged_check CHECK ((unchanged >= 0)),
    CONSTRAINT integrations_hourfigure_waiting_check CHECK ((waiting >= 0))
);

ALTER TABLE ONLY public.integrations_hourfigure FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_hourfigure ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_hourfigure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_inboxitem (
    id bigint NOT NULL,
    entity character varying(12) NOT NULL,
    key character varying(191) NOT NULL,
    topic character varying(80) NOT NULL,
    event character varying(191) NOT NULL,
    delivery character varying(191) NOT NULL,
    version character varying(40) NOT NULL,
    payload_id bigint,
    state character varying(8) NOT NULL,
    number character varying(80) NOT NULL,
    reason character varying(600) NOT NULL,
    field character varying(200) NOT NULL,
    said character varying(400) NOT NULL,
    advice character varying(600) NOT NULL,
    attempts integer NOT NULL,
    trying_seconds integer NOT NULL,
    tried_at timestamp with time zone,
    due_at timestamp with time zone NOT NULL,
    occurred_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    connection_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    passed_to smallint DEFAULT 0 NOT NULL,
    rank smallint DEFAULT 2 NOT NULL,
    incident_id bigint,
    CONSTRAINT integrations_inboxitem_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT integrations_inboxitem_passed_to_check CHECK ((passed_to >= 0)),
    CONSTRAINT integrations_inboxitem_trying_seconds_check CHECK ((trying_seconds >= 0))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY public.integrations_inboxitem FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_inboxitem_first (
    id bigint DEFAULT NULL CONSTRAINT integrations_inboxitem_id_not_null NOT NULL,
    entity character varying(12) CONSTRAINT integrations_inboxitem_entity_not_null NOT NULL,
    key character varying(191) CONSTRAINT integrations_inboxitem_key_not_null NOT NULL,
    topic character varying(80) CONSTRAINT integrations_inboxitem_topic_not_null NOT NULL,
    event character varying(191) CONSTRAINT integrations_inboxitem_event_not_null NOT NULL,
    delivery character varying(191) CONSTRAINT integrations_inboxitem_delivery_not_null NOT NULL,
    version character varying(40) CONSTRAINT integrations_inboxitem_version_not_null NOT NULL,
    payload_id bigint,
    state character varying(8) CONSTRAINT integrations_inboxitem_state_not_null NOT NULL,
    number character varying(80) CONSTRAINT integrations_inboxitem_number_not_null NOT NULL,
    reason character varying(600) CONSTRAINT integrations_inboxitem_reason_not_null NOT NULL,
    field character varying(200) CONSTRAINT integrations_inboxitem_field_not_null NOT NULL,
    said character varying(400) CONSTRAINT integrations_inboxitem_said_not_null NOT NULL,
    advice character varying(600) CONSTRAINT integrations_inboxitem_advice_not_null NOT NULL,
    attempts integer CONSTRAINT integrations_inboxitem_attempts_not_null NOT NULL,
    trying_seconds integer CONSTRAINT integrations_inboxitem_trying_seconds_not_null NOT NULL,
    tried_at timestamp with time zone,
    due_at timestamp with time zone CONSTRAINT integrations_inboxitem_due_at_not_null NOT NULL,
    occurred_at timestamp with time zone,
    received_at timestamp with time zone CONSTRAINT integrations_inboxitem_received_at_not_null NOT NULL,
    finished_at timestamp with time zone,
    connection_id uuid CONSTRAINT integrations_inboxitem_connection_id_not_null NOT NULL,
    tenant_id uuid CONSTRAINT integrations_inboxitem_tenant_id_not_null NOT NULL,
    passed_to smallint DEFAULT 0 CONSTRAINT integrations_inboxitem_passed_to_not_null NOT NULL,
    rank smallint DEFAULT 2 CONSTRAINT integrations_inboxitem_rank_not_null NOT NULL,
    incident_id bigint,
    CONSTRAINT integrations_inboxitem_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT integrations_inboxitem_passed_to_check CHECK ((passed_to >= 0)),
    CONSTRAINT integrations_inboxitem_trying_seconds_check CHECK ((trying_seconds >= 0))
);

ALTER TABLE ONLY public.integrations_inboxitem_first FORCE ROW LEVEL SECURITY;

CREATE SEQUENCE public.integrations_inboxitem_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.integrations_inboxitem_id_seq OWNED BY public.integrations_inboxitem.id;

CREATE TABLE public.integrations_incident (
    id bigint NOT NULL,
    fingerprint character varying(64) NOT NULL,
    kind character varying(40) NOT NULL,
    state character varying(6) NOT NULL,
    side character varying(6) NOT NULL,
    entity character varying(12) NOT NULL,
    error character varying(40) NOT NULL,
    field character varying(200) NOT NULL,
    message character varying(600) NOT NULL,
    advice character varying(600) NOT NULL,
    first_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    replay_state character varying(7) NOT NULL,
    replay_item bigint,
    replay_value character varying(400) NOT NULL,
    replay_upto bigint NOT NULL,
    replay_total integer NOT NULL,
    replay_at timestamp with time zone,
    replay_note character varying(600) NOT NULL,
    due_at timestamp with time zone,
    connection_id uuid,
    replay_by_id uuid,
    tenant_id uuid NOT NULL,
    replay_values jsonb DEFAULT '[]'::jsonb NOT NULL,
    replay_pair uuid,
    CONSTRAINT integrations_incident_replay_total_check CHECK ((replay_total >= 0))
);

ALTER TABLE ONLY public.integrations_incident FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_incident ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_incident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_introduction (
    id uuid NOT NULL,
    side character varying(5) NOT NULL,
    connector character varying(40) NOT NULL,
    base_url character varying(500) NOT NULL,
    sealed bytea,
    problem character varying(400) NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone,
    used_at timestamp with time zone,
    begun_by_id uuid,
    onboarding_id uuid NOT NULL,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.integrations_introduction FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_lane (
    connection_id uuid NOT NULL,
    holder character varying(120) NOT NULL,
    token bigint NOT NULL,
    lease_until timestamp with time zone,
    due_at timestamp with time zone,
    hinted_at timestamp with time zone,
    parked_until timestamp with time zone,
    parked_reason character varying(400) NOT NULL,
    failures integer NOT NULL,
    tenant_id uuid NOT NULL,
    breaker character varying(9) DEFAULT 'closed'::character varying NOT NULL,
    breaker_since timestamp with time zone,
    openings integer DEFAULT 0 NOT NULL,
    pace jsonb DEFAULT '{}'::jsonb NOT NULL,
    refresh_at timestamp with time zone,
    told_of timestamp with time zone,
    rules_revision integer DEFAULT 0 NOT NULL,
    CONSTRAINT integrations_lane_failures_check CHECK ((failures >= 0)),
    CONSTRAINT integrations_lane_openings_check CHECK ((openings >= 0)),
    CONSTRAINT integrations_lane_rules_revision_check CHECK ((rules_revision >= 0))
);

ALTER TABLE ONLY public.integrations_lane FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_link (
    id bigint NOT NULL,
    entity character varying(12) NOT NULL,
    pos_key character varying(191) NOT NULL,
    store_key character varying(191) NOT NULL,
    label character varying(120) NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    tenant_id uuid NOT NULL,
    pair_id uuid NOT NULL,
    to_pos_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    to_pos_version character varying(40) DEFAULT ''::character varying NOT NULL,
    to_store_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    to_store_version character varying(40) DEFAULT ''::character varying NOT NULL,
    seen jsonb DEFAULT '{}'::jsonb NOT NULL
);

ALTER TABLE ONLY public.integrations_link FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_link ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_link_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_noticename (
    digest uuid NOT NULL,
    day date NOT NULL,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.integrations_noticename FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_onboarding (
    id uuid NOT NULL,
    pos_connector character varying(40) NOT NULL,
    store_connector character varying(40) NOT NULL,
    reviewed jsonb DEFAULT '{}'::jsonb NOT NULL,
    claimed_at timestamp with time zone,
    begun_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    begun_by_id uuid,
    pair_id uuid,
    pos_id uuid,
    store_id uuid,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.integrations_onboarding FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_pair (
    id uuid NOT NULL,
    name character varying(120) NOT NULL,
    state character varying(8) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    pos_id uuid NOT NULL,
    store_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    mapping_set_id uuid,
    merge_rules jsonb DEFAULT '{}'::jsonb NOT NULL
);

ALTER TABLE ONLY public.integrations_pair FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_pairtemplate (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    pos_connector character varying(40) NOT NULL,
    store_connector character varying(40) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    created_by_id uuid,
    group_id bigint
);

ALTER TABLE public.integrations_pairtemplate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_pairtemplate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_payload (
    id bigint NOT NULL,
    context character varying(255) NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    tenant_id uuid NOT NULL
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY public.integrations_payload FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_payload_first (
    id bigint DEFAULT NULL CONSTRAINT integrations_payload_id_not_null NOT NULL,
    context character varying(255) CONSTRAINT integrations_payload_context_not_null NOT NULL,
    sealed bytea CONSTRAINT integrations_payload_sealed_not_null NOT NULL,
    created_at timestamp with time zone CONSTRAINT integrations_payload_created_at_not_null NOT NULL,
    tenant_id uuid CONSTRAINT integrations_payload_tenant_id_not_null NOT NULL
);

ALTER TABLE ONLY public.integrations_payload_first FORCE ROW LEVEL SECURITY;

CREATE SEQUENCE public.integrations_payload_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.integrations_payload_id_seq OWNED BY public.integrations_payload.id;

CREATE TABLE public.integrations_preflight (
    id bigint NOT NULL,
    state character varying(7) NOT NULL,
    findings jsonb NOT NULL,
    blockers integer NOT NULL,
    articles jsonb NOT NULL,
    problem character varying(600) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    pair_id uuid NOT NULL,
    started_by_id uuid,
    tenant_id uuid NOT NULL,
    fields jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT integrations_preflight_blockers_check CHECK ((blockers >= 0))
);

ALTER TABLE ONLY public.integrations_preflight FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_preflight ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_preflight_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_privacyrequest (
    id uuid NOT NULL,
    connection_name character varying(120) NOT NULL,
    kind character varying(13) NOT NULL,
    name character varying(191) NOT NULL,
    state character varying(8) NOT NULL,
    note character varying(400) NOT NULL,
    sealed bytea,
    received_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    section smallint NOT NULL,
    cursor bigint NOT NULL,
    "left" integer NOT NULL,
    look_at timestamp with time zone,
    counts jsonb NOT NULL,
    connection_id uuid,
    export_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_privacyrequest_left_check CHECK (("left" >= 0)),
    CONSTRAINT integrations_privacyrequest_section_check CHECK ((section >= 0))
);

ALTER TABLE ONLY public.integrations_privacyrequest FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_reconciledorder (
    id bigint NOT NULL,
    place integer NOT NULL,
    verdict character varying(8) NOT NULL,
    number character varying(80) NOT NULL,
    store_key character varying(191) NOT NULL,
    pos_key character varying(191) NOT NULL,
    store_methods character varying(200) NOT NULL,
    pos_methods character varying(200) NOT NULL,
    store_day numeric(18,6) NOT NULL,
    pos_day numeric(18,6) NOT NULL,
    store_received numeric(18,6),
    pos_received numeric(18,6),
    store_state character varying(40) NOT NULL,
    pos_state character varying(40) NOT NULL,
    tenant_id uuid NOT NULL,
    reconciliation_id bigint NOT NULL,
    CONSTRAINT integrations_reconciledorder_place_check CHECK ((place >= 0))
);

ALTER TABLE ONLY public.integrations_reconciledorder FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_reconciledorder ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_reconciledorder_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_reconciliation (
    id bigint NOT NULL,
    day date NOT NULL,
    zone character varying(64) NOT NULL,
    compared_at timestamp with time zone NOT NULL,
    problem character varying(600) NOT NULL,
    totals jsonb NOT NULL,
    orders integer NOT NULL,
    differing integer NOT NULL,
    sent_again integer NOT NULL,
    pair_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_reconciliation_differing_check CHECK ((differing >= 0)),
    CONSTRAINT integrations_reconciliation_orders_check CHECK ((orders >= 0)),
    CONSTRAINT integrations_reconciliation_sent_again_check CHECK ((sent_again >= 0))
);

ALTER TABLE ONLY public.integrations_reconciliation FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_reconciliation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_reconciliation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_refusal (
    id bigint NOT NULL,
    day date NOT NULL,
    reason character varying(80) NOT NULL,
    count integer NOT NULL,
    last_at timestamp with time zone NOT NULL,
    connection_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_refusal_count_check CHECK ((count >= 0))
);

ALTER TABLE ONLY public.integrations_refusal FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_refusal ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_refusal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_reservation (
    id bigint NOT NULL,
    order_key character varying(191) NOT NULL,
    order_number character varying(80) NOT NULL,
    product_key character varying(191) NOT NULL,
    sku character varying(191) NOT NULL,
    item character varying(191) NOT NULL,
    units integer NOT NULL,
    there integer NOT NULL,
    released integer NOT NULL,
    delivery_id bigint NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    pair_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    till_id uuid NOT NULL,
    CONSTRAINT reservation_open_is_in_flight CHECK (((settled_at IS NOT NULL) OR (units > there)))
);

ALTER TABLE ONLY public.integrations_reservation FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_reservation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_reservation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_safetystock (
    id bigint NOT NULL,
    sku character varying(191) NOT NULL,
    location character varying(191) NOT NULL,
    units numeric(12,3) NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    pair_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT safety_stock_not_negative CHECK ((units >= (0)::numeric))
);

ALTER TABLE ONLY public.integrations_safetystock FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_safetystock ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_safetystock_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_sandboxpair (
    id uuid NOT NULL,
    account character varying(40) NOT NULL,
    generation integer DEFAULT 1 NOT NULL,
    began_at timestamp with time zone NOT NULL,
    made_at timestamp with time zone,
    reset_at timestamp with time zone,
    pair_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT integrations_sandboxpair_generation_check CHECK ((generation >= 0))
);

ALTER TABLE ONLY public.integrations_sandboxpair FORCE ROW LEVEL SECURITY;

CREATE TABLE public.integrations_searchkey (
    id bigint NOT NULL,
    sealed bytea NOT NULL,
    filled_to bigint NOT NULL,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.integrations_searchkey FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_searchkey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_searchkey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_searchterm (
    id bigint NOT NULL,
    kind smallint NOT NULL,
    term character varying(80) NOT NULL COLLATE pg_catalog."C",
    entity character varying(12) NOT NULL,
    key character varying(191) NOT NULL,
    day date NOT NULL,
    connection_id uuid NOT NULL,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.integrations_searchterm FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_searchterm ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_searchterm_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_shadowrun (
    id bigint NOT NULL,
    state character varying(9) NOT NULL,
    changes jsonb NOT NULL,
    tried character varying(64) NOT NULL,
    against character varying(80) NOT NULL,
    wanted integer NOT NULL,
    below bigint,
    seen integer NOT NULL,
    same integer NOT NULL,
    changed integer NOT NULL,
    newly_held integer NOT NULL,
    newly_left_out integer NOT NULL,
    no_longer_held integer NOT NULL,
    still_held integer NOT NULL,
    unreadable integer NOT NULL,
    fields jsonb NOT NULL,
    money jsonb NOT NULL,
    causes jsonb NOT NULL,
    problem character varying(600) NOT NULL,
    failures integer NOT NULL,
    due_at timestamp with time zone,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    tenant_id uuid NOT NULL,
    flow_id bigint NOT NULL,
    version_id bigint NOT NULL,
    started_by_id uuid,
    CONSTRAINT integrations_shadowrun_changed_check CHECK ((changed >= 0)),
    CONSTRAINT integrations_shadowrun_failures_check CHECK ((failures >= 0)),
    CONSTRAINT integrations_shadowrun_newly_held_check CHECK ((newly_held >= 0)),
    CONSTRAINT integrations_shadowrun_newly_left_out_check CHECK ((newly_left_out >= 0)),
    CONSTRAINT integrations_shadowrun_no_longer_held_check CHECK ((no_longer_held >= 0)),
    CONSTRAINT integrations_shadowrun_same_check CHECK ((same >= 0)),
    CONSTRAINT integrations_shadowrun_seen_check CHECK ((seen >= 0)),
    CONSTRAINT integrations_shadowrun_still_held_check CHECK ((still_held >= 0)),
    CONSTRAINT integrations_shadowrun_unreadable_check CHECK ((unreadable >= 0)),
    CONSTRAINT integrations_shadowrun_wanted_check CHECK ((wanted >= 0))
);

ALTER TABLE ONLY public.integrations_shadowrun FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_shadowrun ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_shadowrun_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_stockedarticle (
    id bigint NOT NULL,
    key character varying(191) NOT NULL,
    sku character varying(191) NOT NULL,
    tenant_id uuid NOT NULL,
    till_id uuid NOT NULL
);

ALTER TABLE ONLY public.integrations_stockedarticle FORCE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_stockedarticle ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_stockedarticle_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_templateversion (
    id bigint NOT NULL,
    number integer NOT NULL,
    contents jsonb NOT NULL,
    note character varying(200) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    author_id uuid,
    template_id bigint NOT NULL,
    CONSTRAINT integrations_templateversion_number_check CHECK ((number >= 0))
);

ALTER TABLE public.integrations_templateversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_templateversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.mappings_lookuptable (
    id bigint NOT NULL,
    name character varying(60) NOT NULL,
    title character varying(120) NOT NULL,
    rows jsonb NOT NULL,
    revision integer NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    changed_by_id uuid,
    tenant_id uuid NOT NULL,
    set_id uuid NOT NULL,
    CONSTRAINT mappings_lookuptable_revision_check CHECK ((revision >= 0))
);

ALTER TABLE ONLY public.mappings_lookuptable FORCE ROW LEVEL SECURITY;

ALTER TABLE public.mappings_lookuptable ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mappings_lookuptable_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.mappings_mappingset (
    id uuid NOT NULL,
    name character varying(120) NOT NULL,
    tables_revision integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT mappings_mappingset_tables_revision_check CHECK ((tables_revision >= 0))
);

ALTER TABLE ONLY public.mappings_mappingset FORCE ROW LEVEL SECURITY;

CREATE TABLE public.mappings_mappingversion (
    id bigint NOT NULL,
    entity character varying(12) NOT NULL,
    direction character varying(8) NOT NULL,
    number integer NOT NULL,
    state character varying(9) NOT NULL,
    preset character varying(80) NOT NULL,
    changes jsonb NOT NULL,
    note character varying(400) NOT NULL,
    restores integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    published_at timestamp with time zone,
    retired_at timestamp with time zone,
    author_id uuid,
    published_by_id uuid,
    set_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT mapping_number_when_published CHECK ((((number = 0) AND ((state)::text = 'draft'::text)) OR ((NOT ((state)::text = 'draft'::text)) AND (number > 0)))),
    CONSTRAINT mappings_mappingversion_number_check CHECK ((number >= 0)),
    CONSTRAINT mappings_mappingversion_restores_check CHECK ((restores >= 0))
);

ALTER TABLE ONLY public.mappings_mappingversion FORCE ROW LEVEL SECURITY;

ALTER TABLE public.mappings_mappingversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mappings_mappingversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.mappings_presettext (
    id bigint NOT NULL,
    digest character varying(12) NOT NULL,
    name character varying(60) NOT NULL,
    rows jsonb NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

ALTER TABLE public.mappings_presettext ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mappings_presettext_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.mappings_tablerevision (
    id bigint NOT NULL,
    number integer NOT NULL,
    name character varying(60) NOT NULL,
    rows jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    author_id uuid,
    set_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT mappings_tablerevision_number_check CHECK ((number >= 0))
);

ALTER TABLE ONLY public.mappings_tablerevision FORCE ROW LEVEL SECURITY;

ALTER TABLE public.mappings_tablerevision ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mappings_tablerevision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.mappings_unmappedvalue (
    id bigint NOT NULL,
    "table" character varying(60) NOT NULL,
    value character varying(400) NOT NULL,
    entity character varying(12) NOT NULL,
    count integer NOT NULL,
    is_holding boolean NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    example bigint NOT NULL,
    example_number character varying(191) NOT NULL,
    set_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT mappings_unmappedvalue_count_check CHECK ((count >= 0))
);

ALTER TABLE ONLY public.mappings_unmappedvalue FORCE ROW LEVEL SECURITY;

ALTER TABLE public.mappings_unmappedvalue ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mappings_unmappedvalue_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.mfa_authenticator (
    id bigint NOT NULL,
    type character varying(20) NOT NULL,
    data jsonb NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);

ALTER TABLE public.mfa_authenticator ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mfa_authenticator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_announcement (
    id bigint NOT NULL,
    form_id uuid NOT NULL,
    text character varying(500) NOT NULL,
    severity character varying(7) NOT NULL,
    begins_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    is_for_all boolean NOT NULL,
    meant_for character varying(120) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    author_id uuid,
    ended_by_id uuid,
    CONSTRAINT announcement_ends_after_it_begins CHECK ((ends_at > begins_at))
);

ALTER TABLE public.tenants_announcement ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_announcement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_announcementdismissal (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    announcement_id bigint NOT NULL,
    person_id uuid NOT NULL
);

ALTER TABLE public.tenants_announcementdismissal ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_announcementdismissal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_announcementpost (
    id bigint NOT NULL,
    posted_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    announcement_id bigint NOT NULL,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.tenants_announcementpost FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_announcementpost ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_announcementpost_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_apirequest (
    id bigint NOT NULL,
    actor uuid NOT NULL,
    key character varying(200) NOT NULL,
    request_hash character varying(64) NOT NULL,
    status smallint,
    body jsonb,
    headers jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT tenants_apirequest_status_check CHECK ((status >= 0))
);

ALTER TABLE ONLY public.tenants_apirequest FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_apirequest ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_apirequest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_apitoken (
    id uuid NOT NULL,
    name character varying(80) NOT NULL,
    prefix character varying(12) NOT NULL,
    secret_hash character varying(64) NOT NULL,
    scopes jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_by_id uuid,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.tenants_apitoken FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tenants_apiuse (
    id bigint NOT NULL,
    who character varying(40) NOT NULL,
    minute bigint NOT NULL,
    count integer NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT tenants_apiuse_count_check CHECK ((count >= 0))
);

ALTER TABLE ONLY public.tenants_apiuse FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_apiuse ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_apiuse_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_auditentry (
    id bigint NOT NULL,
    action character varying(80) NOT NULL,
    object_type character varying(80) NOT NULL,
    object_id text NOT NULL,
    before jsonb,
    after jsonb,
    reason text NOT NULL,
    at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    actor_id uuid,
    tenant_id uuid,
    deputation_id uuid
);

ALTER TABLE ONLY public.tenants_auditentry FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_auditentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_auditentry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_deputation (
    id uuid NOT NULL,
    reason character varying(500) NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_by_id uuid,
    staff_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT deputation_is_short CHECK (((ends_at > begun_at) AND (ends_at <= (begun_at + '01:00:00'::interval))))
);

ALTER TABLE ONLY public.tenants_deputation FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tenants_groupmember (
    id bigint NOT NULL,
    added_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    tenant_id uuid NOT NULL,
    group_id bigint NOT NULL
);

ALTER TABLE ONLY public.tenants_groupmember FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_groupmember ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_groupmember_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_invitation (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    role character varying(10) NOT NULL,
    token_hash character varying(64) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    revoked_at timestamp with time zone,
    invited_by_id uuid,
    tenant_id uuid NOT NULL,
    CONSTRAINT invitation_email_is_lower_case CHECK (((email)::text = lower((email)::text))),
    CONSTRAINT invitation_role_is_known CHECK (((role)::text = ANY ((ARRAY['owner'::character varying, 'admin'::character varying, 'operator'::character varying, 'viewer'::character varying])::text[])))
);

ALTER TABLE ONLY public.tenants_invitation FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tenants_membership (
    id bigint NOT NULL,
    role character varying(10) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    user_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT membership_role_is_known CHECK (((role)::text = ANY ((ARRAY['owner'::character varying, 'admin'::character varying, 'operator'::character varying, 'viewer'::character varying])::text[])))
);

ALTER TABLE ONLY public.tenants_membership FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_snooze (
    id bigint NOT NULL,
    kind character varying(20) NOT NULL,
    about character varying(64) NOT NULL,
    mark character varying(64) NOT NULL,
    until timestamp with time zone NOT NULL,
    note character varying(500) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    by_id uuid,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.tenants_snooze FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_snooze ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_snooze_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_staffassignment (
    id bigint NOT NULL,
    assigned_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    assigned_by_id uuid,
    staff_id uuid NOT NULL,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.tenants_staffassignment FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_staffassignment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_staffassignment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_staffnote (
    id bigint NOT NULL,
    form_id uuid NOT NULL,
    text text NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    author_id uuid,
    tenant_id uuid NOT NULL
);

ALTER TABLE ONLY public.tenants_staffnote FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_staffnote ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_staffnote_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_standing (
    id bigint NOT NULL,
    urgency smallint NOT NULL,
    since timestamp with time zone NOT NULL,
    troubles jsonb NOT NULL,
    steps jsonb NOT NULL,
    looked_at timestamp with time zone NOT NULL,
    tenant_id uuid NOT NULL,
    CONSTRAINT tenants_standing_urgency_check CHECK ((urgency >= 0))
);

ALTER TABLE ONLY public.tenants_standing FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_standing ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_standing_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_tenant (
    id uuid NOT NULL,
    name character varying(200) NOT NULL,
    slug character varying(80) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    settings jsonb NOT NULL,
    erasing_since timestamp with time zone
);

ALTER TABLE ONLY public.tenants_tenant FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tenants_tenantgroup (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    created_by_id uuid
);

ALTER TABLE public.tenants_tenantgroup ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_tenantgroup_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_user (
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(200) NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    asked_business character varying(200) NOT NULL,
    staff_role character varying(15) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT user_email_is_lower_case CHECK (((email)::text = lower((email)::text))),
    CONSTRAINT user_staff_role_is_known CHECK (((staff_role)::text = ANY ((ARRAY[''::character varying, 'account_manager'::character varying, 'support'::character varying, 'finance'::character varying, 'superuser'::character varying])::text[])))
);

CREATE TABLE public.tenants_user_groups (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    group_id integer NOT NULL
);

ALTER TABLE public.tenants_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants_user_user_permissions (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE public.tenants_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.usersessions_usersession (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ip inet NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    session_key character varying(40) NOT NULL,
    user_agent character varying(200) NOT NULL,
    data jsonb NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE public.usersessions_usersession ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.usersessions_usersession_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.integrations_attempt ATTACH PARTITION public.integrations_attempt_first FOR VALUES FROM (MINVALUE) TO (:today);

ALTER TABLE ONLY public.integrations_delivery ATTACH PARTITION public.integrations_delivery_first FOR VALUES FROM (MINVALUE) TO (:today);

ALTER TABLE ONLY public.integrations_inboxitem ATTACH PARTITION public.integrations_inboxitem_first FOR VALUES FROM (MINVALUE) TO (:today);

ALTER TABLE ONLY public.integrations_payload ATTACH PARTITION public.integrations_payload_first FOR VALUES FROM (MINVALUE) TO (:today);

ALTER TABLE ONLY public.integrations_attempt ALTER COLUMN id SET DEFAULT nextval('public.integrations_attempt_id_seq'::regclass);

ALTER TABLE ONLY public.integrations_delivery ALTER COLUMN id SET DEFAULT nextval('public.integrations_delivery_id_seq'::regclass);

ALTER TABLE ONLY public.integrations_inboxitem ALTER COLUMN id SET DEFAULT nextval('public.integrations_inboxitem_id_seq'::regclass);

ALTER TABLE ONLY public.integrations_payload ALTER COLUMN id SET DEFAULT nextval('public.integrations_payload_id_seq'::regclass);

ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_email_987c8728_uniq UNIQUE (user_id, email);

ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_key_key UNIQUE (key);

ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_alertaddress
    ADD CONSTRAINT alert_address_once UNIQUE (tenant_id, channel_id, email);

ALTER TABLE ONLY public.integrations_alertcase
    ADD CONSTRAINT alert_case_of_request_once UNIQUE (tenant_id, privacy_request_id);

ALTER TABLE ONLY public.tenants_announcementpost
    ADD CONSTRAINT announcement_posted_once UNIQUE (tenant_id, announcement_id);

ALTER TABLE ONLY public.tenants_apirequest
    ADD CONSTRAINT api_request_once UNIQUE (tenant_id, actor, key);

ALTER TABLE ONLY public.tenants_apitoken
    ADD CONSTRAINT api_token_prefix_once UNIQUE (tenant_id, prefix);

ALTER TABLE ONLY public.tenants_apiuse
    ADD CONSTRAINT api_use_once UNIQUE (tenant_id, who);

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_backfillarticle
    ADD CONSTRAINT backfill_article_once UNIQUE (tenant_id, backfill_id, side, key);

ALTER TABLE ONLY public.billing_billedpair
    ADD CONSTRAINT billing_billedpair_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_billingdetails
    ADD CONSTRAINT billing_billingdetails_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_contract
    ADD CONSTRAINT billing_contract_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_billingdetails
    ADD CONSTRAINT billing_details_once UNIQUE (tenant_id);

ALTER TABLE ONLY public.billing_discount
    ADD CONSTRAINT billing_discount_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_invoice
    ADD CONSTRAINT billing_invoice_number_key UNIQUE (number);

ALTER TABLE ONLY public.billing_invoice
    ADD CONSTRAINT billing_invoice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_invoiceline
    ADD CONSTRAINT billing_invoiceline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_legalentity
    ADD CONSTRAINT billing_legalentity_pkey PRIMARY KEY (code);

ALTER TABLE ONLY public.billing_letter
    ADD CONSTRAINT billing_letter_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_numberseries
    ADD CONSTRAINT billing_numberseries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_payment
    ADD CONSTRAINT billing_payment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_paymenttry
    ADD CONSTRAINT billing_paymenttry_intent_id_key UNIQUE (intent_id);

ALTER TABLE ONLY public.billing_paymenttry
    ADD CONSTRAINT billing_paymenttry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_paymenttry
    ADD CONSTRAINT billing_paymenttry_session_id_key UNIQUE (session_id);

ALTER TABLE ONLY public.billing_plan
    ADD CONSTRAINT billing_plan_pkey PRIMARY KEY (code);

ALTER TABLE ONLY public.billing_price
    ADD CONSTRAINT billing_price_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_receivable
    ADD CONSTRAINT billing_receivable_invoice_id_key UNIQUE (invoice_id);

ALTER TABLE ONLY public.billing_receivable
    ADD CONSTRAINT billing_receivable_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_stripecustomer
    ADD CONSTRAINT billing_stripecustomer_customer_id_key UNIQUE (customer_id);

ALTER TABLE ONLY public.billing_stripecustomer
    ADD CONSTRAINT billing_stripecustomer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_stripeevent
    ADD CONSTRAINT billing_stripeevent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_subscription
    ADD CONSTRAINT billing_subscription_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_taxrate
    ADD CONSTRAINT billing_taxrate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_trial
    ADD CONSTRAINT billing_trial_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_unmatchedpayment
    ADD CONSTRAINT billing_unmatchedpayment_payment_id_key UNIQUE (payment_id);

ALTER TABLE ONLY public.billing_unmatchedpayment
    ADD CONSTRAINT billing_unmatchedpayment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_bulkstep
    ADD CONSTRAINT bulk_step_once UNIQUE (tenant_id, job_id);

ALTER TABLE ONLY public.clarity_cache
    ADD CONSTRAINT clarity_cache_pkey PRIMARY KEY (cache_key);

ALTER TABLE ONLY public.integrations_connection
    ADD CONSTRAINT connection_name_per_tenant UNIQUE (tenant_id, name);

ALTER TABLE ONLY public.billing_contract
    ADD CONSTRAINT contract_once UNIQUE (tenant_id, starts_on);

ALTER TABLE ONLY public.integrations_credential
    ADD CONSTRAINT credential_field_once UNIQUE (tenant_id, connection_id, field);

ALTER TABLE ONLY public.integrations_cursor
    ADD CONSTRAINT cursor_once UNIQUE (tenant_id, connection_id, entity);

ALTER TABLE ONLY public.integrations_datakey
    ADD CONSTRAINT data_key_version_once_per_tenant UNIQUE (tenant_id, version);

ALTER TABLE ONLY public.tenants_announcementdismissal
    ADD CONSTRAINT dismissed_once UNIQUE (person_id, announcement_id);

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_q_ormq
    ADD CONSTRAINT django_q_ormq_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_q_schedule
    ADD CONSTRAINT django_q_schedule_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_q_task
    ADD CONSTRAINT django_q_task_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);

ALTER TABLE ONLY public.integrations_exportpart
    ADD CONSTRAINT export_part_once UNIQUE (tenant_id, export_id, file, number);

ALTER TABLE ONLY public.integrations_flow
    ADD CONSTRAINT flow_once UNIQUE (tenant_id, pair_id, entity, direction);

ALTER TABLE ONLY public.tenants_groupmember
    ADD CONSTRAINT group_member_once UNIQUE (tenant_id, group_id);

ALTER TABLE ONLY public.integrations_hourfigure
    ADD CONSTRAINT hour_figure_once UNIQUE (tenant_id, hour, flow_id);

ALTER TABLE ONLY public.integrations_incident
    ADD CONSTRAINT incident_cause_once UNIQUE (tenant_id, fingerprint);

ALTER TABLE ONLY public.integrations_alertaddress
    ADD CONSTRAINT integrations_alertaddress_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_alertcase
    ADD CONSTRAINT integrations_alertcase_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_alertchannel
    ADD CONSTRAINT integrations_alertchannel_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_alertmessage
    ADD CONSTRAINT integrations_alertmessage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_alertplan
    ADD CONSTRAINT integrations_alertplan_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.integrations_attempt
    ADD CONSTRAINT integrations_attempt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_attempt_first
    ADD CONSTRAINT integrations_attempt_first_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_backfill
    ADD CONSTRAINT integrations_backfill_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_backfillarticle
    ADD CONSTRAINT integrations_backfillarticle_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_balance
    ADD CONSTRAINT integrations_balance_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.integrations_bulkjob
    ADD CONSTRAINT integrations_bulkjob_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_bulkstep
    ADD CONSTRAINT integrations_bulkstep_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_chore
    ADD CONSTRAINT integrations_chore_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.integrations_connection
    ADD CONSTRAINT integrations_connection_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_convergencerun
    ADD CONSTRAINT integrations_convergencerun_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_credential
    ADD CONSTRAINT integrations_credential_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_cursor
    ADD CONSTRAINT integrations_cursor_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_datakey
    ADD CONSTRAINT integrations_datakey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_daytotal
    ADD CONSTRAINT integrations_daytotal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_delivery
    ADD CONSTRAINT integrations_delivery_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_delivery_first
    ADD CONSTRAINT integrations_delivery_first_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_dryrun
    ADD CONSTRAINT integrations_dryrun_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_erasure
    ADD CONSTRAINT integrations_erasure_account_key UNIQUE (account);

ALTER TABLE ONLY public.integrations_erasure
    ADD CONSTRAINT integrations_erasure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_export
    ADD CONSTRAINT integrations_export_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_exportpart
    ADD CONSTRAINT integrations_exportpart_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_flow
    ADD CONSTRAINT integrations_flow_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_hourfigure
    ADD CONSTRAINT integrations_hourfigure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_inboxitem
    ADD CONSTRAINT integrations_inboxitem_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_inboxitem_first
    ADD CONSTRAINT integrations_inboxitem_first_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_incident
    ADD CONSTRAINT integrations_incident_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_introduction
    ADD CONSTRAINT integrations_introduction_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_lane
    ADD CONSTRAINT integrations_lane_pkey PRIMARY KEY (connection_id);

ALTER TABLE ONLY public.integrations_link
    ADD CONSTRAINT integrations_link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_noticename
    ADD CONSTRAINT integrations_noticename_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.integrations_onboarding
    ADD CONSTRAINT integrations_onboarding_pair_id_key UNIQUE (pair_id);

ALTER TABLE ONLY public.integrations_onboarding
    ADD CONSTRAINT integrations_onboarding_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_pair
    ADD CONSTRAINT integrations_pair_mapping_set_id_key UNIQUE (mapping_set_id);

ALTER TABLE ONLY public.integrations_pair
    ADD CONSTRAINT integrations_pair_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_pairtemplate
    ADD CONSTRAINT integrations_pairtemplate_name_key UNIQUE (name);

ALTER TABLE ONLY public.integrations_pairtemplate
    ADD CONSTRAINT integrations_pairtemplate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_payload
    ADD CONSTRAINT integrations_payload_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_payload_first
    ADD CONSTRAINT integrations_payload_first_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_preflight
    ADD CONSTRAINT integrations_preflight_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_privacyrequest
    ADD CONSTRAINT integrations_privacyrequest_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_reconciledorder
    ADD CONSTRAINT integrations_reconciledorder_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_reconciliation
    ADD CONSTRAINT integrations_reconciliation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_refusal
    ADD CONSTRAINT integrations_refusal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_reservation
    ADD CONSTRAINT integrations_reservation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_safetystock
    ADD CONSTRAINT integrations_safetystock_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_sandboxpair
    ADD CONSTRAINT integrations_sandboxpair_pair_id_key UNIQUE (pair_id);

ALTER TABLE ONLY public.integrations_sandboxpair
    ADD CONSTRAINT integrations_sandboxpair_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_searchkey
    ADD CONSTRAINT integrations_searchkey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_searchkey
    ADD CONSTRAINT integrations_searchkey_tenant_id_key UNIQUE (tenant_id);

ALTER TABLE ONLY public.integrations_searchterm
    ADD CONSTRAINT integrations_searchterm_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_shadowrun
    ADD CONSTRAINT integrations_shadowrun_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_stockedarticle
    ADD CONSTRAINT integrations_stockedarticle_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_templateversion
    ADD CONSTRAINT integrations_templateversion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_introduction
    ADD CONSTRAINT introduction_of_side_once UNIQUE (tenant_id, onboarding_id, side);

ALTER TABLE ONLY public.tenants_invitation
    ADD CONSTRAINT invitation_token_is_its_own UNIQUE (tenant_id, token_hash);

ALTER TABLE ONLY public.billing_invoice
    ADD CONSTRAINT invoice_cause_once UNIQUE (tenant_id, cause);

ALTER TABLE ONLY public.billing_invoiceline
    ADD CONSTRAINT invoice_line_once UNIQUE (invoice_id, number);

ALTER TABLE ONLY public.billing_invoice
    ADD CONSTRAINT invoice_number_once UNIQUE (seller_id, kind, year, sequence);

ALTER TABLE ONLY public.billing_letter
    ADD CONSTRAINT letter_cause_once UNIQUE (tenant_id, cause);

ALTER TABLE ONLY public.integrations_link
    ADD CONSTRAINT link_pos_once UNIQUE (tenant_id, pair_id, entity, pos_key);

ALTER TABLE ONLY public.integrations_link
    ADD CONSTRAINT link_store_once UNIQUE (tenant_id, pair_id, entity, store_key);

ALTER TABLE ONLY public.mappings_lookuptable
    ADD CONSTRAINT lookup_table_once UNIQUE (tenant_id, set_id, name);

ALTER TABLE ONLY public.mappings_mappingversion
    ADD CONSTRAINT mapping_number_once UNIQUE (tenant_id, set_id, entity, direction, number);

ALTER TABLE ONLY public.mappings_lookuptable
    ADD CONSTRAINT mappings_lookuptable_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mappings_mappingset
    ADD CONSTRAINT mappings_mappingset_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mappings_mappingversion
    ADD CONSTRAINT mappings_mappingversion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mappings_presettext
    ADD CONSTRAINT mappings_presettext_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mappings_tablerevision
    ADD CONSTRAINT mappings_tablerevision_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mappings_unmappedvalue
    ADD CONSTRAINT mappings_unmappedvalue_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_membership
    ADD CONSTRAINT membership_once_per_tenant UNIQUE (tenant_id, user_id);

ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_pair
    ADD CONSTRAINT pair_once UNIQUE (tenant_id, pos_id, store_id);

ALTER TABLE ONLY public.billing_payment
    ADD CONSTRAINT payment_reference_once UNIQUE (tenant_id, method, reference);

ALTER TABLE ONLY public.billing_paymenttry
    ADD CONSTRAINT payment_try_number_once UNIQUE (invoice_id, number);

ALTER TABLE ONLY public.mappings_presettext
    ADD CONSTRAINT preset_text_once UNIQUE (name, digest);

ALTER TABLE ONLY public.billing_price
    ADD CONSTRAINT price_once UNIQUE (plan_id, currency, starts_on);

ALTER TABLE ONLY public.integrations_privacyrequest
    ADD CONSTRAINT privacy_request_once UNIQUE (tenant_id, kind, name);

ALTER TABLE ONLY public.integrations_reconciledorder
    ADD CONSTRAINT reconciled_order_once UNIQUE (tenant_id, reconciliation_id, place);

ALTER TABLE ONLY public.integrations_reconciliation
    ADD CONSTRAINT reconciliation_once UNIQUE (tenant_id, pair_id, day);

ALTER TABLE ONLY public.integrations_refusal
    ADD CONSTRAINT refusal_once UNIQUE (tenant_id, connection_id, day, reason);

ALTER TABLE ONLY public.integrations_reservation
    ADD CONSTRAINT reservation_once UNIQUE (tenant_id, pair_id, order_key, product_key, sku);

ALTER TABLE ONLY public.integrations_safetystock
    ADD CONSTRAINT safety_stock_once UNIQUE (tenant_id, pair_id, sku, location);

ALTER TABLE ONLY public.integrations_searchterm
    ADD CONSTRAINT search_term_once UNIQUE (tenant_id, kind, term, connection_id, entity, key);

ALTER TABLE ONLY public.billing_legalentity
    ADD CONSTRAINT seller_prefix_once UNIQUE (prefix);

ALTER TABLE ONLY public.billing_numberseries
    ADD CONSTRAINT series_once UNIQUE (seller_id, kind, year);

ALTER TABLE ONLY public.tenants_snooze
    ADD CONSTRAINT snoozed_once UNIQUE (tenant_id, kind, about);

ALTER TABLE ONLY public.tenants_staffnote
    ADD CONSTRAINT staff_note_once UNIQUE (tenant_id, form_id);

ALTER TABLE ONLY public.tenants_standing
    ADD CONSTRAINT standing_once UNIQUE (tenant_id);

ALTER TABLE ONLY public.integrations_stockedarticle
    ADD CONSTRAINT stocked_article_once UNIQUE (tenant_id, till_id, key);

ALTER TABLE ONLY public.billing_stripecustomer
    ADD CONSTRAINT stripe_customer_once UNIQUE (tenant_id);

ALTER TABLE ONLY public.billing_subscription
    ADD CONSTRAINT subscription_once_per_tenant UNIQUE (tenant_id);

ALTER TABLE ONLY public.mappings_tablerevision
    ADD CONSTRAINT table_revision_once UNIQUE (tenant_id, set_id, number);

ALTER TABLE ONLY public.integrations_templateversion
    ADD CONSTRAINT template_number_once UNIQUE (template_id, number);

ALTER TABLE ONLY public.tenants_announcement
    ADD CONSTRAINT tenants_announcement_form_id_key UNIQUE (form_id);

ALTER TABLE ONLY public.tenants_announcement
    ADD CONSTRAINT tenants_announcement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_announcementdismissal
    ADD CONSTRAINT tenants_announcementdismissal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_announcementpost
    ADD CONSTRAINT tenants_announcementpost_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_apirequest
    ADD CONSTRAINT tenants_apirequest_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_apitoken
    ADD CONSTRAINT tenants_apitoken_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_apiuse
    ADD CONSTRAINT tenants_apiuse_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_auditentry
    ADD CONSTRAINT tenants_auditentry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_deputation
    ADD CONSTRAINT tenants_deputation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_groupmember
    ADD CONSTRAINT tenants_groupmember_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_invitation
    ADD CONSTRAINT tenants_invitation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_membership
    ADD CONSTRAINT tenants_membership_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_snooze
    ADD CONSTRAINT tenants_snooze_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_staffassignment
    ADD CONSTRAINT tenants_staffassignment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_staffnote
    ADD CONSTRAINT tenants_staffnote_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_standing
    ADD CONSTRAINT tenants_standing_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_tenant
    ADD CONSTRAINT tenants_tenant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_tenant
    ADD CONSTRAINT tenants_tenant_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.tenants_tenantgroup
    ADD CONSTRAINT tenants_tenantgroup_name_key UNIQUE (name);

ALTER TABLE ONLY public.tenants_tenantgroup
    ADD CONSTRAINT tenants_tenantgroup_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_user
    ADD CONSTRAINT tenants_user_email_key UNIQUE (email);

ALTER TABLE ONLY public.tenants_user_groups
    ADD CONSTRAINT tenants_user_groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_user_groups
    ADD CONSTRAINT tenants_user_groups_user_id_group_id_ef9ea837_uniq UNIQUE (user_id, group_id);

ALTER TABLE ONLY public.tenants_user
    ADD CONSTRAINT tenants_user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants_user_user_permissions
    ADD CONSTRAINT tenants_user_user_permis_user_id_permission_id_e7cb44b9_uniq UNIQUE (user_id, permission_id);

ALTER TABLE ONLY public.tenants_user_user_permissions
    ADD CONSTRAINT tenants_user_user_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mappings_unmappedvalue
    ADD CONSTRAINT unmapped_value_once UNIQUE (tenant_id, set_id, "table", value);

ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_session_key_key UNIQUE (session_key);

CREATE INDEX account_emailaddress_email_03be32b2 ON public.account_emailaddress USING btree (email);

CREATE INDEX account_emailaddress_email_03be32b2_like ON public.account_emailaddress USING btree (email varchar_pattern_ops);

CREATE INDEX account_emailaddress_user_id_2c513194 ON public.account_emailaddress USING btree (user_id);

CREATE INDEX account_emailconfirmation_email_address_id_5b7f8c58 ON public.account_emailconfirmation USING btree (email_address_id);

CREATE INDEX account_emailconfirmation_key_f43612bd_like ON public.account_emailconfirmation USING btree (key varchar_pattern_ops);

CREATE UNIQUE INDEX alert_case_of_connection_once ON public.integrations_alertcase USING btree (tenant_id, connection_id) WHERE (over_at IS NULL);

CREATE UNIQUE INDEX alert_case_of_incident_once ON public.integrations_alertcase USING btree (tenant_id, incident_id) WHERE (over_at IS NULL);

CREATE UNIQUE INDEX alert_channel_name_once ON public.integrations_alertchannel USING btree (tenant_id, lower((name)::text));

CREATE UNIQUE INDEX alert_digest_once_a_day ON public.integrations_alertmessage USING btree (tenant_id, channel_id, day) WHERE ((kind)::text = 'digest'::text);

CREATE INDEX alert_message_due ON public.integrations_alertmessage USING btree (due_at) WHERE ((state)::text = 'waiting'::text);

CREATE INDEX alert_message_latest ON public.integrations_alertmessage USING btree (tenant_id, created_at DESC, id);

CREATE UNIQUE INDEX alert_message_once ON public.integrations_alertmessage USING btree (tenant_id, channel_id, case_id, kind) WHERE (case_id IS NOT NULL);

CREATE INDEX announcement_running ON public.tenants_announcement USING btree (ends_at);

CREATE INDEX attempt_newest ON ONLY public.integrations_attempt USING btree (tenant_id, started_at DESC, id DESC);

CREATE INDEX attempt_newest_first ON public.integrations_attempt_first USING btree (tenant_id, started_at DESC, id DESC);

CREATE INDEX audit_by_time ON public.tenants_auditentry USING btree (tenant_id, at, id);

CREATE INDEX audit_of_object ON public.tenants_auditentry USING btree (tenant_id, object_type, object_id);

CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);

CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);

CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);

CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);

CREATE INDEX backfill_article_sku ON public.integrations_backfillarticle USING btree (tenant_id, backfill_id, side, sku);

CREATE INDEX backfill_latest ON public.integrations_backfill USING btree (tenant_id, flow_id, id DESC);

CREATE UNIQUE INDEX backfill_one_active_a_flow ON public.integrations_backfill USING btree (tenant_id, flow_id) WHERE ((state)::text = ANY ((ARRAY['running'::character varying, 'paused'::character varying])::text[]));

CREATE INDEX backfill_running ON public.integrations_backfill USING btree (tenant_id, due_at) WHERE ((state)::text = 'running'::text);

CREATE INDEX billing_billedpair_tenant_id_d19ee360 ON public.billing_billedpair USING btree (tenant_id);

CREATE INDEX billing_billingdetails_tenant_id_a2b2f016 ON public.billing_billingdetails USING btree (tenant_id);

CREATE INDEX billing_contract_tenant_id_fd28ef40 ON public.billing_contract USING btree (tenant_id);

CREATE INDEX billing_discount_tenant_id_56d24387 ON public.billing_discount USING btree (tenant_id);

CREATE INDEX billing_invoice_corrects_id_8155d10c ON public.billing_invoice USING btree (corrects_id);

CREATE INDEX billing_invoice_number_b2bb8a8d_like ON public.billing_invoice USING btree (number varchar_pattern_ops);

CREATE INDEX billing_invoice_seller_id_e37fad1b ON public.billing_invoice USING btree (seller_id);

CREATE INDEX billing_invoice_seller_id_e37fad1b_like ON public.billing_invoice USING btree (seller_id varchar_pattern_ops);

CREATE INDEX billing_invoice_tenant_id_0888f9df ON public.billing_invoice USING btree (tenant_id);

CREATE INDEX billing_invoiceline_invoice_id_ff507e12 ON public.billing_invoiceline USING btree (invoice_id);

CREATE INDEX billing_invoiceline_tenant_id_65120a9b ON public.billing_invoiceline USING btree (tenant_id);

CREATE INDEX billing_legalentity_code_bb099f82_like ON public.billing_legalentity USING btree (code varchar_pattern_ops);

CREATE INDEX billing_letter_invoice_id_cdde11da ON public.billing_letter USING btree (invoice_id);

CREATE INDEX billing_letter_tenant_id_e701df69 ON public.billing_letter USING btree (tenant_id);

CREATE INDEX billing_numberseries_seller_id_8636b51b ON public.billing_numberseries USING btree (seller_id);

CREATE INDEX billing_numberseries_seller_id_8636b51b_like ON public.billing_numberseries USING btree (seller_id varchar_pattern_ops);

CREATE INDEX billing_payment_invoice_id_998dd3c5 ON public.billing_payment USING btree (invoice_id);

CREATE INDEX billing_payment_tenant_id_d6eb4faf ON public.billing_payment USING btree (tenant_id);

CREATE INDEX billing_paymenttry_asked_by_id_c1f072be ON public.billing_paymenttry USING btree (asked_by_id);

CREATE INDEX billing_paymenttry_intent_id_aa257408_like ON public.billing_paymenttry USING btree (intent_id varchar_pattern_ops);

CREATE INDEX billing_paymenttry_invoice_id_78483de6 ON public.billing_paymenttry USING btree (invoice_id);

CREATE INDEX billing_paymenttry_session_id_4ab9d805_like ON public.billing_paymenttry USING btree (session_id varchar_pattern_ops);

CREATE INDEX billing_paymenttry_tenant_id_b1e91b91 ON public.billing_paymenttry USING btree (tenant_id);

CREATE INDEX billing_plan_code_3f70aec3_like ON public.billing_plan USING btree (code varchar_pattern_ops);

CREATE INDEX billing_price_plan_id_621bd31c ON public.billing_price USING btree (plan_id);

CREATE INDEX billing_price_plan_id_621bd31c_like ON public.billing_price USING btree (plan_id varchar_pattern_ops);

CREATE INDEX billing_receivable_reminder_on_2c378567 ON public.billing_receivable USING btree (reminder_on);

CREATE INDEX billing_receivable_tenant_id_eff9ad0d ON public.billing_receivable USING btree (tenant_id);

CREATE INDEX billing_stripecustomer_customer_id_cb105876_like ON public.billing_stripecustomer USING btree (customer_id varchar_pattern_ops);

CREATE INDEX billing_stripecustomer_kept_by_id_0e5fdd45 ON public.billing_stripecustomer USING btree (kept_by_id);

CREATE INDEX billing_stripecustomer_tenant_id_d27c7c42 ON public.billing_stripecustomer USING btree (tenant_id);

CREATE INDEX billing_stripeevent_id_38be7f7a_like ON public.billing_stripeevent USING btree (id varchar_pattern_ops);

CREATE INDEX billing_subscription_next_plan_id_56aa0cd1 ON public.billing_subscription USING btree (next_plan_id);

CREATE INDEX billing_subscription_next_plan_id_56aa0cd1_like ON public.billing_subscription USING btree (next_plan_id varchar_pattern_ops);

CREATE INDEX billing_subscription_plan_id_4e20d4ad ON public.billing_subscription USING btree (plan_id);

CREATE INDEX billing_subscription_plan_id_4e20d4ad_like ON public.billing_subscription USING btree (plan_id varchar_pattern_ops);

CREATE INDEX billing_subscription_renews_on_9f9df39d ON public.billing_subscription USING btree (renews_on);

CREATE INDEX billing_subscription_seller_id_c620a238 ON public.billing_subscription USING btree (seller_id);

CREATE INDEX billing_subscription_seller_id_c620a238_like ON public.billing_subscription USING btree (seller_id varchar_pattern_ops);

CREATE INDEX billing_subscription_tenant_id_9a633004 ON public.billing_subscription USING btree (tenant_id);

CREATE INDEX billing_taxrate_seller_id_f919060b ON public.billing_taxrate USING btree (seller_id);

CREATE INDEX billing_taxrate_seller_id_f919060b_like ON public.billing_taxrate USING btree (seller_id varchar_pattern_ops);

CREATE INDEX billing_trial_granted_by_id_34afddd6 ON public.billing_trial USING btree (granted_by_id);

CREATE INDEX billing_trial_tenant_id_9dbbb2d2 ON public.billing_trial USING btree (tenant_id);

CREATE INDEX billing_unmatchedpayment_payment_id_99a147ff_like ON public.billing_unmatchedpayment USING btree (payment_id varchar_pattern_ops);

CREATE INDEX billing_unmatchedpayment_tenant_id_22d3facf ON public.billing_unmatchedpayment USING btree (tenant_id);

CREATE INDEX bulk_job_due ON public.integrations_bulkjob USING btree (due_at) WHERE ((state)::text = 'running'::text);

CREATE INDEX bulk_job_of_person ON public.integrations_bulkjob USING btree (started_by_id, started_at DESC, id);

CREATE INDEX clarity_cache_expires ON public.clarity_cache USING btree (expires);

CREATE INDEX convergence_latest ON public.integrations_convergencerun USING btree (tenant_id, pair_id, id DESC);

CREATE UNIQUE INDEX convergence_one_at_a_time ON public.integrations_convergencerun USING btree (tenant_id, pair_id) WHERE ((state)::text = 'running'::text);

CREATE UNIQUE INDEX data_key_one_active_per_tenant ON public.integrations_datakey USING btree (tenant_id) WHERE is_active;

CREATE UNIQUE INDEX day_total_delivery_once ON public.integrations_daytotal USING btree (tenant_id, flow_id, entity, day, outcome) WHERE (("row")::text = 'delivery'::text);

CREATE UNIQUE INDEX day_total_item_once ON public.integrations_daytotal USING btree (tenant_id, connection_id, entity, day, outcome) WHERE (("row")::text = 'item'::text);

CREATE INDEX delivery_by_key ON ONLY public.integrations_delivery USING btree (tenant_id, flow_id, key, id DESC);

CREATE INDEX delivery_by_key_first ON public.integrations_delivery_first USING btree (tenant_id, flow_id, key, id DESC);

CREATE INDEX delivery_last ON ONLY public.integrations_delivery USING btree (tenant_id, flow_id, finished_at DESC) WHERE ((state)::text = 'delivered'::text);

CREATE INDEX delivery_newest ON ONLY public.integrations_delivery USING btree (tenant_id, flow_id, created_at DESC, id DESC);

CREATE INDEX delivery_newest_first ON public.integrations_delivery_first USING btree (tenant_id, flow_id, created_at DESC, id DESC);

CREATE INDEX delivery_of_incident ON ONLY public.integrations_delivery USING btree (tenant_id, incident_id, state, id) WHERE (incident_id IS NOT NULL);

CREATE INDEX delivery_open ON ONLY public.integrations_delivery USING btree (tenant_id, flow_id, state, inbox_item_id) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'held'::character varying, 'dead'::character varying])::text[]));

CREATE INDEX delivery_waiting ON ONLY public.integrations_delivery USING btree (tenant_id, target_id, rank, due_at, id) WHERE ((state)::text = 'waiting'::text);

CREATE INDEX delivery_waiting_first ON public.integrations_delivery_first USING btree (tenant_id, target_id, rank, due_at, id) WHERE ((state)::text = 'waiting'::text);

CREATE INDEX deputation_by_time ON public.tenants_deputation USING btree (tenant_id, begun_at DESC);

CREATE UNIQUE INDEX deputed_once ON public.tenants_deputation USING btree (tenant_id, staff_id) WHERE (ended_at IS NULL);

CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);

CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);

CREATE INDEX django_q_task_id_32882367_like ON public.django_q_task USING btree (id varchar_pattern_ops);

CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);

CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);

CREATE INDEX dry_run_of_pair ON public.integrations_dryrun USING btree (tenant_id, pair_id, id DESC);

CREATE UNIQUE INDEX export_one_running ON public.integrations_export USING btree (tenant_id) WHERE (((kind)::text = 'account'::text) AND ((state)::text = 'running'::text));

CREATE INDEX export_part_of ON public.integrations_exportpart USING btree (export_id);

CREATE INDEX flow_by_source ON public.integrations_flow USING btree (tenant_id, source_id, entity);

CREATE INDEX hour_figure_counted ON public.integrations_hourfigure USING btree (tenant_id, counted_at);

CREATE INDEX hour_figure_open ON public.integrations_hourfigure USING btree (tenant_id, counted_at) WHERE ((waiting > 0) OR (held > 0) OR (dead > 0));

CREATE INDEX inbox_by_key ON ONLY public.integrations_inboxitem USING btree (tenant_id, connection_id, entity, key);

CREATE INDEX inbox_by_key_first ON public.integrations_inboxitem_first USING btree (tenant_id, connection_id, entity, key);

CREATE INDEX inbox_latest ON ONLY public.integrations_inboxitem USING btree (tenant_id, connection_id, entity, received_at DESC, id DESC);

CREATE INDEX inbox_number ON ONLY public.integrations_inboxitem USING btree (tenant_id, number) WHERE (NOT ((number)::text = ''::text));

CREATE INDEX inbox_of_backfill ON ONLY public.integrations_inboxitem USING btree (tenant_id, connection_id, topic, event) WHERE (rank = 5);

CREATE INDEX inbox_of_incident ON ONLY public.integrations_inboxitem USING btree (tenant_id, incident_id, state, id) WHERE (incident_id IS NOT NULL);

CREATE INDEX inbox_open ON ONLY public.integrations_inboxitem USING btree (tenant_id, connection_id, entity, state, id) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'held'::character varying, 'dead'::character varying])::text[]));

CREATE INDEX inbox_waiting ON ONLY public.integrations_inboxitem USING btree (tenant_id, connection_id, rank, due_at, id) WHERE ((state)::text = 'waiting'::text);

CREATE INDEX inbox_waiting_first ON public.integrations_inboxitem_first USING btree (tenant_id, connection_id, rank, due_at, id) WHERE ((state)::text = 'waiting'::text);

CREATE INDEX incident_due ON public.integrations_incident USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX incident_latest ON public.integrations_incident USING btree (tenant_id, state, last_at DESC, id DESC);

CREATE INDEX integrations_alertaddress_channel_id_e8a7cff4 ON public.integrations_alertaddress USING btree (channel_id);

CREATE INDEX integrations_alertaddress_tenant_id_2455bab9 ON public.integrations_alertaddress USING btree (tenant_id);

CREATE INDEX integrations_alertcase_connection_id_f8fe15cc ON public.integrations_alertcase USING btree (connection_id);

CREATE INDEX integrations_alertcase_incident_id_d4104ab0 ON public.integrations_alertcase USING btree (incident_id);

CREATE INDEX integrations_alertcase_privacy_request_id_6eff2d07 ON public.integrations_alertcase USING btree (privacy_request_id);

CREATE INDEX integrations_alertchannel_tenant_id_b8c8e97d ON public.integrations_alertchannel USING btree (tenant_id);

CREATE INDEX integrations_alertmessage_case_id_2c9c837e ON public.integrations_alertmessage USING btree (case_id);

CREATE INDEX integrations_alertmessage_channel_id_7e3b69fc ON public.integrations_alertmessage USING btree (channel_id);

CREATE INDEX integrations_attempt_delivery_id_6229bb9d ON ONLY public.integrations_attempt USING btree (delivery_id);

CREATE INDEX integrations_attempt_delivery_id_6229bb9d_first ON public.integrations_attempt_first USING btree (delivery_id);

CREATE INDEX integrations_backfill_flow_id_5e906526 ON public.integrations_backfill USING btree (flow_id);

CREATE INDEX integrations_backfill_started_by_id_d5ca5929 ON public.integrations_backfill USING btree (started_by_id);

CREATE INDEX integrations_backfillarticle_backfill_id_8b832297 ON public.integrations_backfillarticle USING btree (backfill_id);

CREATE INDEX integrations_bulkjob_started_by_id_f4a3c516 ON public.integrations_bulkjob USING btree (started_by_id);

CREATE INDEX integrations_bulkstep_job_id_09174d1a ON public.integrations_bulkstep USING btree (job_id);

CREATE INDEX integrations_bulkstep_tenant_id_71259614 ON public.integrations_bulkstep USING btree (tenant_id);

CREATE INDEX integrations_chore_name_e90bd272_like ON public.integrations_chore USING btree (name varchar_pattern_ops);

CREATE INDEX integrations_connection_tenant_id_356f36ac ON public.integrations_connection USING btree (tenant_id);

CREATE INDEX integrations_convergencerun_pair_id_f0d7fff1 ON public.integrations_convergencerun USING btree (pair_id);

CREATE INDEX integrations_convergencerun_started_by_id_4565a140 ON public.integrations_convergencerun USING btree (started_by_id);

CREATE INDEX integrations_credential_tenant_id_add70123 ON public.integrations_credential USING btree (tenant_id);

CREATE INDEX integrations_cursor_connection_id_4b96b429 ON public.integrations_cursor USING btree (connection_id);

CREATE INDEX integrations_cursor_tenant_id_28aee3a9 ON public.integrations_cursor USING btree (tenant_id);

CREATE INDEX integrations_datakey_tenant_id_51e6cf0b ON public.integrations_datakey USING btree (tenant_id);

CREATE INDEX integrations_daytotal_connection_id_3c40dd9f ON public.integrations_daytotal USING btree (connection_id);

CREATE INDEX integrations_daytotal_flow_id_a087ca05 ON public.integrations_daytotal USING btree (flow_id);

CREATE INDEX integrations_delivery_first_tenant_id_flow_id_finished_at_idx ON public.integrations_delivery_first USING btree (tenant_id, flow_id, finished_at DESC) WHERE ((state)::text = 'delivered'::text);

CREATE INDEX integrations_delivery_first_tenant_id_flow_id_state_inbox_i_idx ON public.integrations_delivery_first USING btree (tenant_id, flow_id, state, inbox_item_id) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'held'::character varying, 'dead'::character varying])::text[]));

CREATE INDEX integrations_delivery_first_tenant_id_incident_id_state_id_idx ON public.integrations_delivery_first USING btree (tenant_id, incident_id, state, id) WHERE (incident_id IS NOT NULL);

CREATE INDEX integrations_delivery_inbox_item_id_4dd086e3 ON ONLY public.integrations_delivery USING btree (inbox_item_id);

CREATE INDEX integrations_delivery_inbox_item_id_4dd086e3_first ON public.integrations_delivery_first USING btree (inbox_item_id);

CREATE INDEX integrations_dryrun_pair_id_3337e481 ON public.integrations_dryrun USING btree (pair_id);

CREATE INDEX integrations_dryrun_started_by_id_81719376 ON public.integrations_dryrun USING btree (started_by_id);

CREATE INDEX integrations_dryrun_tenant_id_9719319b ON public.integrations_dryrun USING btree (tenant_id);

CREATE INDEX integrations_export_started_by_id_bf74b994 ON public.integrations_export USING btree (started_by_id);

CREATE INDEX integrations_export_tenant_id_f32f76fb ON public.integrations_export USING btree (tenant_id);

CREATE INDEX integrations_flow_mapping_version_id_fbadf80c ON public.integrations_flow USING btree (mapping_version_id);

CREATE INDEX integrations_flow_pair_id_66bd76bb ON public.integrations_flow USING btree (pair_id);

CREATE INDEX integrations_flow_source_id_7fbf127e ON public.integrations_flow USING btree (source_id);

CREATE INDEX integrations_flow_target_id_a9fe4d92 ON public.integrations_flow USING btree (target_id);

CREATE INDEX integrations_flow_tenant_id_5276a78f ON public.integrations_flow USING btree (tenant_id);

CREATE INDEX integrations_hourfigure_flow_id_384f490a ON public.integrations_hourfigure USING btree (flow_id);

CREATE INDEX integrations_inboxitem_first_tenant_id_connection_id_entit_idx1 ON public.integrations_inboxitem_first USING btree (tenant_id, connection_id, entity, received_at DESC, id DESC);

CREATE INDEX integrations_inboxitem_first_tenant_id_connection_id_entity_idx ON public.integrations_inboxitem_first USING btree (tenant_id, connection_id, entity, state, id) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'held'::character varying, 'dead'::character varying])::text[]));

CREATE INDEX integrations_inboxitem_first_tenant_id_connection_id_topic__idx ON public.integrations_inboxitem_first USING btree (tenant_id, connection_id, topic, event) WHERE (rank = 5);

CREATE INDEX integrations_inboxitem_first_tenant_id_incident_id_state_id_idx ON public.integrations_inboxitem_first USING btree (tenant_id, incident_id, state, id) WHERE (incident_id IS NOT NULL);

CREATE INDEX integrations_inboxitem_first_tenant_id_number_idx ON public.integrations_inboxitem_first USING btree (tenant_id, number) WHERE (NOT ((number)::text = ''::text));

CREATE INDEX integrations_introduction_begun_by_id_1f2168ed ON public.integrations_introduction USING btree (begun_by_id);

CREATE INDEX integrations_introduction_onboarding_id_69db833a ON public.integrations_introduction USING btree (onboarding_id);

CREATE INDEX integrations_introduction_tenant_id_3d7a5441 ON public.integrations_introduction USING btree (tenant_id);

CREATE INDEX integrations_lane_tenant_id_20bd0bdb ON public.integrations_lane USING btree (tenant_id);

CREATE INDEX integrations_link_pair_id_1653e0a8 ON public.integrations_link USING btree (pair_id);

CREATE INDEX integrations_link_tenant_id_51fb5463 ON public.integrations_link USING btree (tenant_id);

CREATE INDEX integrations_onboarding_begun_by_id_1b951afb ON public.integrations_onboarding USING btree (begun_by_id);

CREATE INDEX integrations_onboarding_pos_id_70e8381b ON public.integrations_onboarding USING btree (pos_id);

CREATE INDEX integrations_onboarding_store_id_de6ce0ca ON public.integrations_onboarding USING btree (store_id);

CREATE INDEX integrations_onboarding_tenant_id_891bafe6 ON public.integrations_onboarding USING btree (tenant_id);

CREATE INDEX integrations_pair_pos_id_5cc03aba ON public.integrations_pair USING btree (pos_id);

CREATE INDEX integrations_pair_store_id_efb63e4a ON public.integrations_pair USING btree (store_id);

CREATE INDEX integrations_pair_tenant_id_4eeb6379 ON public.integrations_pair USING btree (tenant_id);

CREATE INDEX integrations_pairtemplate_created_by_id_dbcd0a59 ON public.integrations_pairtemplate USING btree (created_by_id);

CREATE INDEX integrations_pairtemplate_group_id_68708b9b ON public.integrations_pairtemplate USING btree (group_id);

CREATE INDEX integrations_pairtemplate_name_1349ae8b_like ON public.integrations_pairtemplate USING btree (name varchar_pattern_ops);

CREATE INDEX integrations_preflight_pair_id_11544487 ON public.integrations_preflight USING btree (pair_id);

CREATE INDEX integrations_preflight_started_by_id_2a6b9144 ON public.integrations_preflight USING btree (started_by_id);

CREATE INDEX integrations_preflight_tenant_id_57c0832d ON public.integrations_preflight USING btree (tenant_id);

CREATE INDEX integrations_privacyrequest_connection_id_66606ec5 ON public.integrations_privacyrequest USING btree (connection_id);

CREATE INDEX integrations_privacyrequest_export_id_2e18f0e8 ON public.integrations_privacyrequest USING btree (export_id);

CREATE INDEX integrations_privacyrequest_tenant_id_71c64780 ON public.integrations_privacyrequest USING btree (tenant_id);

CREATE INDEX integrations_reconciliation_pair_id_91dc1146 ON public.integrations_reconciliation USING btree (pair_id);

CREATE INDEX integrations_refusal_connection_id_e03a5fcd ON public.integrations_refusal USING btree (connection_id);

CREATE INDEX integrations_refusal_tenant_id_a248a85a ON public.integrations_refusal USING btree (tenant_id);

CREATE INDEX integrations_sandboxpair_tenant_id_979ac571 ON public.integrations_sandboxpair USING btree (tenant_id);

CREATE INDEX integrations_shadowrun_flow_id_53bc8a53 ON public.integrations_shadowrun USING btree (flow_id);

CREATE INDEX integrations_shadowrun_started_by_id_5de99eb4 ON public.integrations_shadowrun USING btree (started_by_id);

CREATE INDEX integrations_shadowrun_tenant_id_9c5089eb ON public.integrations_shadowrun USING btree (tenant_id);

CREATE INDEX integrations_shadowrun_version_id_3cfc7336 ON public.integrations_shadowrun USING btree (version_id);

CREATE INDEX integrations_templateversion_author_id_5be120b4 ON public.integrations_templateversion USING btree (author_id);

CREATE INDEX integrations_templateversion_template_id_fa34b9f5 ON public.integrations_templateversion USING btree (template_id);

CREATE UNIQUE INDEX invitation_once_per_address ON public.tenants_invitation USING btree (tenant_id, email) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));

CREATE INDEX invoice_by_day ON public.billing_invoice USING btree (tenant_id, issued_on, id);

CREATE INDEX invoice_lately ON public.billing_invoice USING btree (issued_on, id);

CREATE INDEX lane_due ON public.integrations_lane USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX letter_due ON public.billing_letter USING btree (due_at) WHERE ((state)::text = 'waiting'::text);

CREATE UNIQUE INDEX mapping_one_draft ON public.mappings_mappingversion USING btree (tenant_id, set_id, entity, direction) WHERE ((state)::text = 'draft'::text);

CREATE UNIQUE INDEX mapping_one_published ON public.mappings_mappingversion USING btree (tenant_id, set_id, entity, direction) WHERE ((state)::text = 'published'::text);

CREATE INDEX mappings_lookuptable_changed_by_id_ae9e5a52 ON public.mappings_lookuptable USING btree (changed_by_id);

CREATE INDEX mappings_lookuptable_set_id_2b73aecc ON public.mappings_lookuptable USING btree (set_id);

CREATE INDEX mappings_lookuptable_tenant_id_fcb4b904 ON public.mappings_lookuptable USING btree (tenant_id);

CREATE INDEX mappings_mappingset_tenant_id_cb804dfe ON public.mappings_mappingset USING btree (tenant_id);

CREATE INDEX mappings_mappingversion_author_id_55e9f3bc ON public.mappings_mappingversion USING btree (author_id);

CREATE INDEX mappings_mappingversion_published_by_id_0225bf70 ON public.mappings_mappingversion USING btree (published_by_id);

CREATE INDEX mappings_mappingversion_set_id_822a227d ON public.mappings_mappingversion USING btree (set_id);

CREATE INDEX mappings_mappingversion_tenant_id_6fa88d1a ON public.mappings_mappingversion USING btree (tenant_id);

CREATE INDEX mappings_tablerevision_author_id_8331911a ON public.mappings_tablerevision USING btree (author_id);

CREATE INDEX mappings_tablerevision_set_id_782a908c ON public.mappings_tablerevision USING btree (set_id);

CREATE INDEX mappings_tablerevision_tenant_id_0e6497d1 ON public.mappings_tablerevision USING btree (tenant_id);

CREATE INDEX mappings_unmappedvalue_set_id_bb16cbcf ON public.mappings_unmappedvalue USING btree (set_id);

CREATE INDEX mappings_unmappedvalue_tenant_id_bc1e00c0 ON public.mappings_unmappedvalue USING btree (tenant_id);

CREATE INDEX mfa_authenticator_user_id_0c3a50c0 ON public.mfa_authenticator USING btree (user_id);

CREATE INDEX notice_name_by_day ON public.integrations_noticename USING brin (day) WITH (autosummarize='on');

CREATE INDEX onboarding_open ON public.integrations_onboarding USING btree (tenant_id, begun_at DESC) WHERE (finished_at IS NULL);

CREATE UNIQUE INDEX one_usual_seller ON public.billing_legalentity USING btree (is_usual) WHERE is_usual;

CREATE UNIQUE INDEX pair_billed_once ON public.billing_billedpair USING btree (tenant_id, pair_id) WHERE (ends_on IS NULL);

CREATE INDEX payload_of_tenant ON ONLY public.integrations_payload USING btree (tenant_id);

CREATE INDEX payload_of_tenant_first ON public.integrations_payload_first USING btree (tenant_id);

CREATE UNIQUE INDEX payment_try_one_at_a_time ON public.billing_paymenttry USING btree (invoice_id) WHERE ((state)::text = ANY ((ARRAY['asked'::character varying, 'open'::character varying, 'processing'::character varying])::text[]));

CREATE INDEX payment_try_running ON public.billing_paymenttry USING btree (tenant_id, created_at) WHERE ((state)::text = ANY ((ARRAY['asked'::character varying, 'open'::character varying, 'processing'::character varying])::text[]));

CREATE INDEX preflight_of_pair ON public.integrations_preflight USING btree (tenant_id, pair_id, id DESC);

CREATE INDEX privacy_open ON public.integrations_privacyrequest USING btree (look_at) WHERE ((state)::text = 'open'::text);

CREATE INDEX receivable_due ON public.billing_receivable USING btree (due_on, id) WHERE (open > (0)::numeric);

CREATE INDEX receivable_open ON public.billing_receivable USING btree (tenant_id, due_on) WHERE (open > (0)::numeric);

CREATE INDEX reservation_of_delivery ON public.integrations_reservation USING btree (tenant_id, delivery_id);

CREATE INDEX reservation_open ON public.integrations_reservation USING btree (tenant_id, till_id) WHERE (settled_at IS NULL);

CREATE INDEX reservation_settled ON public.integrations_reservation USING btree (tenant_id, till_id, settled_at);

CREATE INDEX search_term_by_day ON public.integrations_searchterm USING brin (day) WITH (autosummarize='on');

CREATE INDEX shadow_due ON public.integrations_shadowrun USING btree (due_at) WHERE ((state)::text = 'running'::text);

CREATE INDEX shadow_latest ON public.integrations_shadowrun USING btree (tenant_id, version_id, id DESC);

CREATE UNIQUE INDEX shadow_one_running_a_flow ON public.integrations_shadowrun USING btree (tenant_id, flow_id) WHERE ((state)::text = 'running'::text);

CREATE UNIQUE INDEX staff_assigned_once ON public.tenants_staffassignment USING btree (staff_id, tenant_id) WHERE (ended_at IS NULL);

CREATE INDEX stocked_article_by_sku ON public.integrations_stockedarticle USING btree (tenant_id, till_id, sku);

CREATE INDEX stripe_event_by_time ON public.billing_stripeevent USING btree (received_at);

CREATE INDEX stripe_event_due ON public.billing_stripeevent USING btree (due_at) WHERE ((state)::text = 'waiting'::text);

CREATE INDEX success_index ON public.django_q_task USING btree ("group", name, func) WHERE success;

CREATE INDEX table_revision_last ON public.mappings_tablerevision USING btree (tenant_id, set_id, name, number DESC);

CREATE INDEX tenants_announcement_author_id_dbef6862 ON public.tenants_announcement USING btree (author_id);

CREATE INDEX tenants_announcement_ended_by_id_198ea781 ON public.tenants_announcement USING btree (ended_by_id);

CREATE INDEX tenants_announcementdismissal_announcement_id_abbcc3e1 ON public.tenants_announcementdismissal USING btree (announcement_id);

CREATE INDEX tenants_announcementdismissal_person_id_819b66ae ON public.tenants_announcementdismissal USING btree (person_id);

CREATE INDEX tenants_announcementpost_announcement_id_95e8332b ON public.tenants_announcementpost USING btree (announcement_id);

CREATE INDEX tenants_announcementpost_tenant_id_6ef05421 ON public.tenants_announcementpost USING btree (tenant_id);

CREATE INDEX tenants_apirequest_created_at_9c3d49e2 ON public.tenants_apirequest USING btree (created_at);

CREATE INDEX tenants_apirequest_tenant_id_293baa75 ON public.tenants_apirequest USING btree (tenant_id);

CREATE INDEX tenants_apitoken_created_by_id_b3c9a172 ON public.tenants_apitoken USING btree (created_by_id);

CREATE INDEX tenants_apitoken_tenant_id_f7ecd797 ON public.tenants_apitoken USING btree (tenant_id);

CREATE INDEX tenants_apiuse_tenant_id_744a50e7 ON public.tenants_apiuse USING btree (tenant_id);

CREATE INDEX tenants_deputation_ended_by_id_2aa753a9 ON public.tenants_deputation USING btree (ended_by_id);

CREATE INDEX tenants_deputation_staff_id_aad53679 ON public.tenants_deputation USING btree (staff_id);

CREATE INDEX tenants_deputation_tenant_id_ba80a5f1 ON public.tenants_deputation USING btree (tenant_id);

CREATE INDEX tenants_groupmember_group_id_40cefd20 ON public.tenants_groupmember USING btree (group_id);

CREATE INDEX tenants_groupmember_tenant_id_9d7f7071 ON public.tenants_groupmember USING btree (tenant_id);

CREATE INDEX tenants_invitation_invited_by_id_e04be240 ON public.tenants_invitation USING btree (invited_by_id);

CREATE INDEX tenants_invitation_tenant_id_1e73354a ON public.tenants_invitation USING btree (tenant_id);

CREATE INDEX tenants_membership_tenant_id_55f75d05 ON public.tenants_membership USING btree (tenant_id);

CREATE INDEX tenants_membership_user_id_2c860192 ON public.tenants_membership USING btree (user_id);

CREATE INDEX tenants_snooze_by_id_d17f86e9 ON public.tenants_snooze USING btree (by_id);

CREATE INDEX tenants_snooze_tenant_id_2fddd825 ON public.tenants_snooze USING btree (tenant_id);

CREATE INDEX tenants_staffassignment_assigned_by_id_a7f071cd ON public.tenants_staffassignment USING btree (assigned_by_id);

CREATE INDEX tenants_staffassignment_staff_id_effa205c ON public.tenants_staffassignment USING btree (staff_id);

CREATE INDEX tenants_staffassignment_tenant_id_b6e5d459 ON public.tenants_staffassignment USING btree (tenant_id);

CREATE INDEX tenants_staffnote_author_id_ea4609c5 ON public.tenants_staffnote USING btree (author_id);

CREATE INDEX tenants_staffnote_tenant_id_3996bf1a ON public.tenants_staffnote USING btree (tenant_id);

CREATE INDEX tenants_standing_tenant_id_f0df8e57 ON public.tenants_standing USING btree (tenant_id);

CREATE INDEX tenants_tenant_slug_0a9b71e6_like ON public.tenants_tenant USING btree (slug varchar_pattern_ops);

CREATE INDEX tenants_tenantgroup_created_by_id_0d4314ab ON public.tenants_tenantgroup USING btree (created_by_id);

CREATE INDEX tenants_tenantgroup_name_0252cc0f_like ON public.tenants_tenantgroup USING btree (name varchar_pattern_ops);

CREATE INDEX tenants_user_email_8daee2f7_like ON public.tenants_user USING btree (email varchar_pattern_ops);

CREATE INDEX tenants_user_groups_group_id_217b8f87 ON public.tenants_user_groups USING btree (group_id);

CREATE INDEX tenants_user_groups_user_id_5c8b04b7 ON public.tenants_user_groups USING btree (user_id);

CREATE INDEX tenants_user_user_permissions_permission_id_bc2e7c1b ON public.tenants_user_user_permissions USING btree (permission_id);

CREATE INDEX tenants_user_user_permissions_user_id_f9b9e114 ON public.tenants_user_user_permissions USING btree (user_id);

CREATE UNIQUE INDEX trial_waits_once ON public.billing_trial USING btree (tenant_id) WHERE (starts_on IS NULL);

CREATE UNIQUE INDEX unique_authenticator_type ON public.mfa_authenticator USING btree (user_id, type) WHERE ((type)::text = ANY ((ARRAY['totp'::character varying, 'recovery_codes'::character varying])::text[]));

CREATE UNIQUE INDEX unique_primary_email ON public.account_emailaddress USING btree (user_id, "primary") WHERE "primary";

CREATE UNIQUE INDEX unique_verified_email ON public.account_emailaddress USING btree (email) WHERE verified;

CREATE INDEX unmatched_by_state ON public.billing_unmatchedpayment USING btree (state, seen_at);

CREATE INDEX usersessions_usersession_session_key_fd35de43_like ON public.usersessions_usersession USING btree (session_key varchar_pattern_ops);

CREATE INDEX usersessions_usersession_user_id_af5e0a6d ON public.usersessions_usersession USING btree (user_id);

ALTER INDEX public.attempt_newest ATTACH PARTITION public.attempt_newest_first;

ALTER INDEX public.delivery_by_key ATTACH PARTITION public.delivery_by_key_first;

ALTER INDEX public.delivery_newest ATTACH PARTITION public.delivery_newest_first;

ALTER INDEX public.delivery_waiting ATTACH PARTITION public.delivery_waiting_first;

ALTER INDEX public.inbox_by_key ATTACH PARTITION public.inbox_by_key_first;

ALTER INDEX public.inbox_waiting ATTACH PARTITION public.inbox_waiting_first;

ALTER INDEX public.integrations_attempt_delivery_id_6229bb9d ATTACH PARTITION public.integrations_attempt_delivery_id_6229bb9d_first;

ALTER INDEX public.integrations_attempt_pkey ATTACH PARTITION public.integrations_attempt_first_pkey;

ALTER INDEX public.integrations_delivery_pkey ATTACH PARTITION public.integrations_delivery_first_pkey;

ALTER INDEX public.delivery_last ATTACH PARTITION public.integrations_delivery_first_tenant_id_flow_id_finished_at_idx;

ALTER INDEX public.delivery_open ATTACH PARTITION public.integrations_delivery_first_tenant_id_flow_id_state_inbox_i_idx;

ALTER INDEX public.delivery_of_incident ATTACH PARTITION public.integrations_delivery_first_tenant_id_incident_id_state_id_idx;

ALTER INDEX public.integrations_delivery_inbox_item_id_4dd086e3 ATTACH PARTITION public.integrations_delivery_inbox_item_id_4dd086e3_first;

ALTER INDEX public.integrations_inboxitem_pkey ATTACH PARTITION public.integrations_inboxitem_first_pkey;

ALTER INDEX public.inbox_latest ATTACH PARTITION public.integrations_inboxitem_first_tenant_id_connection_id_entit_idx1;

ALTER INDEX public.inbox_open ATTACH PARTITION public.integrations_inboxitem_first_tenant_id_connection_id_entity_idx;

ALTER INDEX public.inbox_of_backfill ATTACH PARTITION public.integrations_inboxitem_first_tenant_id_connection_id_topic__idx;

ALTER INDEX public.inbox_of_incident ATTACH PARTITION public.integrations_inboxitem_first_tenant_id_incident_id_state_id_idx;

ALTER INDEX public.inbox_number ATTACH PARTITION public.integrations_inboxitem_first_tenant_id_number_idx;

ALTER INDEX public.integrations_payload_pkey ATTACH PARTITION public.integrations_payload_first_pkey;

ALTER INDEX public.payload_of_tenant ATTACH PARTITION public.payload_of_tenant_first;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.tenants_auditentry FOR EACH STATEMENT EXECUTE FUNCTION public.tenants_audit_is_append_only();

CREATE TRIGGER line_belongs AFTER INSERT ON public.billing_invoiceline FOR EACH ROW EXECUTE FUNCTION public.billing_line_belongs();

CREATE TRIGGER numbers_follow BEFORE DELETE OR UPDATE ON public.billing_numberseries FOR EACH ROW EXECUTE FUNCTION public.billing_numbers_follow();

CREATE TRIGGER prices_are_added BEFORE DELETE OR UPDATE ON public.billing_price FOR EACH ROW EXECUTE FUNCTION public.billing_prices_are_added();

CREATE TRIGGER published_is_fixed BEFORE UPDATE ON public.mappings_mappingversion FOR EACH ROW WHEN (((old.state)::text <> 'draft'::text)) EXECUTE FUNCTION public.mappings_published_is_fixed();

CREATE TRIGGER written_once BEFORE DELETE OR UPDATE ON public.billing_invoice FOR EACH STATEMENT EXECUTE FUNCTION public.billing_is_written_once();

CREATE TRIGGER written_once BEFORE DELETE OR UPDATE ON public.billing_invoiceline FOR EACH STATEMENT EXECUTE FUNCTION public.billing_is_written_once();

CREATE TRIGGER written_once BEFORE DELETE OR UPDATE ON public.billing_payment FOR EACH STATEMENT EXECUTE FUNCTION public.billing_is_written_once();

ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_tenants_user_id FOREIGN KEY (user_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirm_email_address_id_5b7f8c58_fk_account_e FOREIGN KEY (email_address_id) REFERENCES public.account_emailaddress(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_billedpair
    ADD CONSTRAINT billing_billedpair_tenant_id_d19ee360_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_billingdetails
    ADD CONSTRAINT billing_billingdetails_tenant_id_a2b2f016_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_contract
    ADD CONSTRAINT billing_contract_tenant_id_fd28ef40_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_discount
    ADD CONSTRAINT billing_discount_tenant_id_56d24387_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_invoice
    ADD CONSTRAINT billing_invoice_corrects_id_8155d10c_fk_billing_invoice_id FOREIGN KEY (corrects_id) REFERENCES public.billing_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_invoice
    ADD CONSTRAINT billing_invoice_seller_id_e37fad1b_fk_billing_legalentity_code FOREIGN KEY (seller_id) REFERENCES public.billing_legalentity(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_invoiceline
    ADD CONSTRAINT billing_invoiceline_invoice_id_ff507e12_fk_billing_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.billing_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_letter
    ADD CONSTRAINT billing_letter_invoice_id_cdde11da_fk_billing_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.billing_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_letter
    ADD CONSTRAINT billing_letter_tenant_id_e701df69_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_numberseries
    ADD CONSTRAINT billing_numberseries_seller_id_8636b51b_fk_billing_l FOREIGN KEY (seller_id) REFERENCES public.billing_legalentity(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_payment
    ADD CONSTRAINT billing_payment_invoice_id_998dd3c5_fk_billing_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.billing_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_paymenttry
    ADD CONSTRAINT billing_paymenttry_asked_by_id_c1f072be_fk_tenants_user_id FOREIGN KEY (asked_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_paymenttry
    ADD CONSTRAINT billing_paymenttry_invoice_id_78483de6_fk_billing_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.billing_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_paymenttry
    ADD CONSTRAINT billing_paymenttry_tenant_id_b1e91b91_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_price
    ADD CONSTRAINT billing_price_plan_id_621bd31c_fk_billing_plan_code FOREIGN KEY (plan_id) REFERENCES public.billing_plan(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_receivable
    ADD CONSTRAINT billing_receivable_invoice_id_b549ce44_fk_billing_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.billing_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_stripecustomer
    ADD CONSTRAINT billing_stripecustomer_kept_by_id_0e5fdd45_fk_tenants_user_id FOREIGN KEY (kept_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_stripecustomer
    ADD CONSTRAINT billing_stripecustomer_tenant_id_d27c7c42_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_subscription
    ADD CONSTRAINT billing_subscription_next_plan_id_56aa0cd1_fk_billing_plan_code FOREIGN KEY (next_plan_id) REFERENCES public.billing_plan(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_subscription
    ADD CONSTRAINT billing_subscription_plan_id_4e20d4ad_fk_billing_plan_code FOREIGN KEY (plan_id) REFERENCES public.billing_plan(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_subscription
    ADD CONSTRAINT billing_subscription_seller_id_c620a238_fk_billing_l FOREIGN KEY (seller_id) REFERENCES public.billing_legalentity(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_subscription
    ADD CONSTRAINT billing_subscription_tenant_id_9a633004_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_taxrate
    ADD CONSTRAINT billing_taxrate_seller_id_f919060b_fk_billing_legalentity_code FOREIGN KEY (seller_id) REFERENCES public.billing_legalentity(code) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_trial
    ADD CONSTRAINT billing_trial_granted_by_id_34afddd6_fk_tenants_user_id FOREIGN KEY (granted_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_trial
    ADD CONSTRAINT billing_trial_tenant_id_9dbbb2d2_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_tenants_user_id FOREIGN KEY (user_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertaddress
    ADD CONSTRAINT integrations_alertad_channel_id_e8a7cff4_fk_integrati FOREIGN KEY (channel_id) REFERENCES public.integrations_alertchannel(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertaddress
    ADD CONSTRAINT integrations_alertad_tenant_id_2455bab9_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertcase
    ADD CONSTRAINT integrations_alertca_connection_id_f8fe15cc_fk_integrati FOREIGN KEY (connection_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertcase
    ADD CONSTRAINT integrations_alertca_incident_id_d4104ab0_fk_integrati FOREIGN KEY (incident_id) REFERENCES public.integrations_incident(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertcase
    ADD CONSTRAINT integrations_alertca_privacy_request_id_6eff2d07_fk_integrati FOREIGN KEY (privacy_request_id) REFERENCES public.integrations_privacyrequest(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertcase
    ADD CONSTRAINT integrations_alertcase_tenant_id_32beb9b4_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertchannel
    ADD CONSTRAINT integrations_alertch_tenant_id_b8c8e97d_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertmessage
    ADD CONSTRAINT integrations_alertme_case_id_2c9c837e_fk_integrati FOREIGN KEY (case_id) REFERENCES public.integrations_alertcase(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertmessage
    ADD CONSTRAINT integrations_alertme_channel_id_7e3b69fc_fk_integrati FOREIGN KEY (channel_id) REFERENCES public.integrations_alertchannel(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertmessage
    ADD CONSTRAINT integrations_alertme_tenant_id_9c98c8d5_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_alertplan
    ADD CONSTRAINT integrations_alertplan_tenant_id_4da6a77d_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE public.integrations_attempt
    ADD CONSTRAINT integrations_attempt_tenant_id_0d4c1446_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_backfillarticle
    ADD CONSTRAINT integrations_backfil_backfill_id_8b832297_fk_integrati FOREIGN KEY (backfill_id) REFERENCES public.integrations_backfill(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_backfillarticle
    ADD CONSTRAINT integrations_backfil_tenant_id_ce00390d_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_backfill
    ADD CONSTRAINT integrations_backfill_flow_id_5e906526_fk_integrations_flow_id FOREIGN KEY (flow_id) REFERENCES public.integrations_flow(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_backfill
    ADD CONSTRAINT integrations_backfill_started_by_id_d5ca5929_fk_tenants_user_id FOREIGN KEY (started_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_backfill
    ADD CONSTRAINT integrations_backfill_tenant_id_125ce6ff_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_balance
    ADD CONSTRAINT integrations_balance_tenant_id_887d94a4_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_bulkjob
    ADD CONSTRAINT integrations_bulkjob_started_by_id_f4a3c516_fk_tenants_user_id FOREIGN KEY (started_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_bulkstep
    ADD CONSTRAINT integrations_bulkste_job_id_09174d1a_fk_integrati FOREIGN KEY (job_id) REFERENCES public.integrations_bulkjob(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_bulkstep
    ADD CONSTRAINT integrations_bulkstep_tenant_id_71259614_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_connection
    ADD CONSTRAINT integrations_connection_tenant_id_356f36ac_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_convergencerun
    ADD CONSTRAINT integrations_converg_pair_id_f0d7fff1_fk_integrati FOREIGN KEY (pair_id) REFERENCES public.integrations_pair(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_convergencerun
    ADD CONSTRAINT integrations_converg_started_by_id_4565a140_fk_tenants_u FOREIGN KEY (started_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_convergencerun
    ADD CONSTRAINT integrations_converg_tenant_id_d6f91381_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_credential
    ADD CONSTRAINT integrations_credent_connection_id_7a8900cd_fk_integrati FOREIGN KEY (connection_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_credential
    ADD CONSTRAINT integrations_credential_tenant_id_add70123_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_cursor
    ADD CONSTRAINT integrations_cursor_connection_id_4b96b429_fk_integrati FOREIGN KEY (connection_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_cursor
    ADD CONSTRAINT integrations_cursor_tenant_id_28aee3a9_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_datakey
    ADD CONSTRAINT integrations_datakey_tenant_id_51e6cf0b_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_daytotal
    ADD CONSTRAINT integrations_daytota_connection_id_3c40dd9f_fk_integrati FOREIGN KEY (connection_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_daytotal
    ADD CONSTRAINT integrations_daytotal_flow_id_a087ca05_fk_integrations_flow_id FOREIGN KEY (flow_id) REFERENCES public.integrations_flow(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_daytotal
    ADD CONSTRAINT integrations_daytotal_tenant_id_0b97df16_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE public.integrations_delivery
    ADD CONSTRAINT integrations_deliver_target_id_97a5b6ba_fk_integrati FOREIGN KEY (target_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE public.integrations_delivery
    ADD CONSTRAINT integrations_delivery_flow_id_e38e5d36_fk_integrations_flow_id FOREIGN KEY (flow_id) REFERENCES public.integrations_flow(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE public.integrations_delivery
    ADD CONSTRAINT integrations_delivery_tenant_id_b696d777_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_dryrun
    ADD CONSTRAINT integrations_dryrun_pair_id_3337e481_fk_integrations_pair_id FOREIGN KEY (pair_id) REFERENCES public.integrations_pair(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_dryrun
    ADD CONSTRAINT integrations_dryrun_started_by_id_81719376_fk_tenants_user_id FOREIGN KEY (started_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_dryrun
    ADD CONSTRAINT integrations_dryrun_tenant_id_9719319b_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_export
    ADD CONSTRAINT integrations_export_started_by_id_bf74b994_fk_tenants_user_id FOREIGN KEY (started_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_export
    ADD CONSTRAINT integrations_export_tenant_id_f32f76fb_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_exportpart
    ADD CONSTRAINT integrations_exportp_export_id_93dab3fe_fk_integrati FOREIGN KEY (export_id) REFERENCES public.integrations_export(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_exportpart
    ADD CONSTRAINT integrations_exportpart_tenant_id_c71fc966_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_flow
    ADD CONSTRAINT integrations_flow_mapping_version_id_fbadf80c_fk_mappings_ FOREIGN KEY (mapping_version_id) REFERENCES public.mappings_mappingversion(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_flow
    ADD CONSTRAINT integrations_flow_pair_id_66bd76bb_fk_integrations_pair_id FOREIGN KEY (pair_id) REFERENCES public.integrations_pair(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_flow
    ADD CONSTRAINT integrations_flow_source_id_7fbf127e_fk_integrati FOREIGN KEY (source_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_flow
    ADD CONSTRAINT integrations_flow_target_id_a9fe4d92_fk_integrati FOREIGN KEY (target_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_flow
    ADD CONSTRAINT integrations_flow_tenant_id_5276a78f_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_hourfigure
    ADD CONSTRAINT integrations_hourfig_flow_id_384f490a_fk_integrati FOREIGN KEY (flow_id) REFERENCES public.integrations_flow(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_hourfigure
    ADD CONSTRAINT integrations_hourfigure_tenant_id_67b76151_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE public.integrations_inboxitem
    ADD CONSTRAINT integrations_inboxit_connection_id_6560ae8e_fk_integrati FOREIGN KEY (connection_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE public.integrations_inboxitem
    ADD CONSTRAINT integrations_inboxitem_tenant_id_f8a4c875_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_incident
    ADD CONSTRAINT integrations_inciden_connection_id_94fee2b0_fk_integrati FOREIGN KEY (connection_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_incident
    ADD CONSTRAINT integrations_incident_tenant_id_9aba324c_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_introduction
    ADD CONSTRAINT integrations_introdu_begun_by_id_1f2168ed_fk_tenants_u FOREIGN KEY (begun_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_introduction
    ADD CONSTRAINT integrations_introdu_onboarding_id_69db833a_fk_integrati FOREIGN KEY (onboarding_id) REFERENCES public.integrations_onboarding(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_introduction
    ADD CONSTRAINT integrations_introdu_tenant_id_3d7a5441_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_lane
    ADD CONSTRAINT integrations_lane_connection_id_43b6d15a_fk_integrati FOREIGN KEY (connection_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_lane
    ADD CONSTRAINT integrations_lane_tenant_id_20bd0bdb_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_link
    ADD CONSTRAINT integrations_link_pair_id_1653e0a8_fk_integrations_pair_id FOREIGN KEY (pair_id) REFERENCES public.integrations_pair(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_link
    ADD CONSTRAINT integrations_link_tenant_id_51fb5463_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_onboarding
    ADD CONSTRAINT integrations_onboard_pair_id_6eae29b6_fk_integrati FOREIGN KEY (pair_id) REFERENCES public.integrations_pair(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_onboarding
    ADD CONSTRAINT integrations_onboard_pos_id_70e8381b_fk_integrati FOREIGN KEY (pos_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_onboarding
    ADD CONSTRAINT integrations_onboard_store_id_de6ce0ca_fk_integrati FOREIGN KEY (store_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_onboarding
    ADD CONSTRAINT integrations_onboarding_begun_by_id_1b951afb_fk_tenants_user_id FOREIGN KEY (begun_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_onboarding
    ADD CONSTRAINT integrations_onboarding_tenant_id_891bafe6_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_pair
    ADD CONSTRAINT integrations_pair_mapping_set_id_dab05bfc_fk_mappings_ FOREIGN KEY (mapping_set_id) REFERENCES public.mappings_mappingset(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_pair
    ADD CONSTRAINT integrations_pair_pos_id_5cc03aba_fk_integrations_connection_id FOREIGN KEY (pos_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_pair
    ADD CONSTRAINT integrations_pair_store_id_efb63e4a_fk_integrati FOREIGN KEY (store_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_pair
    ADD CONSTRAINT integrations_pair_tenant_id_4eeb6379_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_pairtemplate
    ADD CONSTRAINT integrations_pairtem_created_by_id_dbcd0a59_fk_tenants_u FOREIGN KEY (created_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_pairtemplate
    ADD CONSTRAINT integrations_pairtem_group_id_68708b9b_fk_tenants_t FOREIGN KEY (group_id) REFERENCES public.tenants_tenantgroup(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_preflight
    ADD CONSTRAINT integrations_preflig_started_by_id_2a6b9144_fk_tenants_u FOREIGN KEY (started_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_preflight
    ADD CONSTRAINT integrations_preflight_pair_id_11544487_fk_integrations_pair_id FOREIGN KEY (pair_id) REFERENCES public.integrations_pair(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_preflight
    ADD CONSTRAINT integrations_preflight_tenant_id_57c0832d_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_privacyrequest
    ADD CONSTRAINT integrations_privacy_connection_id_66606ec5_fk_integrati FOREIGN KEY (connection_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_privacyrequest
    ADD CONSTRAINT integrations_privacy_export_id_2e18f0e8_fk_integrati FOREIGN KEY (export_id) REFERENCES public.integrations_export(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_privacyrequest
    ADD CONSTRAINT integrations_privacy_tenant_id_71c64780_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_reconciliation
    ADD CONSTRAINT integrations_reconci_pair_id_91dc1146_fk_integrati FOREIGN KEY (pair_id) REFERENCES public.integrations_pair(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_reconciledorder
    ADD CONSTRAINT integrations_reconci_reconciliation_id_0809ae86_fk_integrati FOREIGN KEY (reconciliation_id) REFERENCES public.integrations_reconciliation(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_reconciliation
    ADD CONSTRAINT integrations_reconci_tenant_id_19289bb9_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_reconciledorder
    ADD CONSTRAINT integrations_reconci_tenant_id_248247b2_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_refusal
    ADD CONSTRAINT integrations_refusal_connection_id_e03a5fcd_fk_integrati FOREIGN KEY (connection_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_refusal
    ADD CONSTRAINT integrations_refusal_tenant_id_a248a85a_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_reservation
    ADD CONSTRAINT integrations_reserva_pair_id_6fc24a0d_fk_integrati FOREIGN KEY (pair_id) REFERENCES public.integrations_pair(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_reservation
    ADD CONSTRAINT integrations_reserva_tenant_id_b36e0e83_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_reservation
    ADD CONSTRAINT integrations_reserva_till_id_bde30438_fk_integrati FOREIGN KEY (till_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_safetystock
    ADD CONSTRAINT integrations_safetys_pair_id_ae5e5178_fk_integrati FOREIGN KEY (pair_id) REFERENCES public.integrations_pair(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_safetystock
    ADD CONSTRAINT integrations_safetys_tenant_id_dce24778_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_sandboxpair
    ADD CONSTRAINT integrations_sandbox_pair_id_f724d7be_fk_integrati FOREIGN KEY (pair_id) REFERENCES public.integrations_pair(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_sandboxpair
    ADD CONSTRAINT integrations_sandbox_tenant_id_979ac571_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_searchkey
    ADD CONSTRAINT integrations_searchkey_tenant_id_dff124ae_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_shadowrun
    ADD CONSTRAINT integrations_shadowr_started_by_id_5de99eb4_fk_tenants_u FOREIGN KEY (started_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_shadowrun
    ADD CONSTRAINT integrations_shadowr_version_id_3cfc7336_fk_mappings_ FOREIGN KEY (version_id) REFERENCES public.mappings_mappingversion(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_shadowrun
    ADD CONSTRAINT integrations_shadowrun_flow_id_53bc8a53_fk_integrations_flow_id FOREIGN KEY (flow_id) REFERENCES public.integrations_flow(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_shadowrun
    ADD CONSTRAINT integrations_shadowrun_tenant_id_9c5089eb_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_stockedarticle
    ADD CONSTRAINT integrations_stocked_tenant_id_77d05da2_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_stockedarticle
    ADD CONSTRAINT integrations_stocked_till_id_e8c8a1a6_fk_integrati FOREIGN KEY (till_id) REFERENCES public.integrations_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_templateversion
    ADD CONSTRAINT integrations_templat_author_id_5be120b4_fk_tenants_u FOREIGN KEY (author_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_templateversion
    ADD CONSTRAINT integrations_templat_template_id_fa34b9f5_fk_integrati FOREIGN KEY (template_id) REFERENCES public.integrations_pairtemplate(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_lookuptable
    ADD CONSTRAINT mappings_lookuptable_changed_by_id_ae9e5a52_fk_tenants_user_id FOREIGN KEY (changed_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_lookuptable
    ADD CONSTRAINT mappings_lookuptable_set_id_2b73aecc_fk_mappings_mappingset_id FOREIGN KEY (set_id) REFERENCES public.mappings_mappingset(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_lookuptable
    ADD CONSTRAINT mappings_lookuptable_tenant_id_fcb4b904_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_mappingset
    ADD CONSTRAINT mappings_mappingset_tenant_id_cb804dfe_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_mappingversion
    ADD CONSTRAINT mappings_mappingvers_published_by_id_0225bf70_fk_tenants_u FOREIGN KEY (published_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_mappingversion
    ADD CONSTRAINT mappings_mappingvers_set_id_822a227d_fk_mappings_ FOREIGN KEY (set_id) REFERENCES public.mappings_mappingset(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_mappingversion
    ADD CONSTRAINT mappings_mappingversion_author_id_55e9f3bc_fk_tenants_user_id FOREIGN KEY (author_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_mappingversion
    ADD CONSTRAINT mappings_mappingversion_tenant_id_6fa88d1a_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_tablerevision
    ADD CONSTRAINT mappings_tablerevisi_set_id_782a908c_fk_mappings_ FOREIGN KEY (set_id) REFERENCES public.mappings_mappingset(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_tablerevision
    ADD CONSTRAINT mappings_tablerevision_author_id_8331911a_fk_tenants_user_id FOREIGN KEY (author_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_tablerevision
    ADD CONSTRAINT mappings_tablerevision_tenant_id_0e6497d1_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_unmappedvalue
    ADD CONSTRAINT mappings_unmappedval_set_id_bb16cbcf_fk_mappings_ FOREIGN KEY (set_id) REFERENCES public.mappings_mappingset(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mappings_unmappedvalue
    ADD CONSTRAINT mappings_unmappedvalue_tenant_id_bc1e00c0_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_tenants_user_id FOREIGN KEY (user_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_announcementpost
    ADD CONSTRAINT tenants_announcement_announcement_id_95e8332b_fk_tenants_a FOREIGN KEY (announcement_id) REFERENCES public.tenants_announcement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_announcementdismissal
    ADD CONSTRAINT tenants_announcement_announcement_id_abbcc3e1_fk_tenants_a FOREIGN KEY (announcement_id) REFERENCES public.tenants_announcement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_announcement
    ADD CONSTRAINT tenants_announcement_author_id_dbef6862_fk_tenants_user_id FOREIGN KEY (author_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_announcement
    ADD CONSTRAINT tenants_announcement_ended_by_id_198ea781_fk_tenants_user_id FOREIGN KEY (ended_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_announcementdismissal
    ADD CONSTRAINT tenants_announcement_person_id_819b66ae_fk_tenants_u FOREIGN KEY (person_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_announcementpost
    ADD CONSTRAINT tenants_announcement_tenant_id_6ef05421_fk_tenants_t FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_apirequest
    ADD CONSTRAINT tenants_apirequest_tenant_id_293baa75_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_apitoken
    ADD CONSTRAINT tenants_apitoken_created_by_id_b3c9a172_fk_tenants_user_id FOREIGN KEY (created_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_apitoken
    ADD CONSTRAINT tenants_apitoken_tenant_id_f7ecd797_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_apiuse
    ADD CONSTRAINT tenants_apiuse_tenant_id_744a50e7_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_deputation
    ADD CONSTRAINT tenants_deputation_ended_by_id_2aa753a9_fk_tenants_user_id FOREIGN KEY (ended_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_deputation
    ADD CONSTRAINT tenants_deputation_staff_id_aad53679_fk_tenants_user_id FOREIGN KEY (staff_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_deputation
    ADD CONSTRAINT tenants_deputation_tenant_id_ba80a5f1_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_groupmember
    ADD CONSTRAINT tenants_groupmember_group_id_40cefd20_fk_tenants_tenantgroup_id FOREIGN KEY (group_id) REFERENCES public.tenants_tenantgroup(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_groupmember
    ADD CONSTRAINT tenants_groupmember_tenant_id_9d7f7071_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_invitation
    ADD CONSTRAINT tenants_invitation_invited_by_id_e04be240_fk_tenants_user_id FOREIGN KEY (invited_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_invitation
    ADD CONSTRAINT tenants_invitation_tenant_id_1e73354a_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_membership
    ADD CONSTRAINT tenants_membership_tenant_id_55f75d05_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_membership
    ADD CONSTRAINT tenants_membership_user_id_2c860192_fk_tenants_user_id FOREIGN KEY (user_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_snooze
    ADD CONSTRAINT tenants_snooze_by_id_d17f86e9_fk_tenants_user_id FOREIGN KEY (by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_snooze
    ADD CONSTRAINT tenants_snooze_tenant_id_2fddd825_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_staffassignment
    ADD CONSTRAINT tenants_staffassignm_assigned_by_id_a7f071cd_fk_tenants_u FOREIGN KEY (assigned_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_staffassignment
    ADD CONSTRAINT tenants_staffassignment_staff_id_effa205c_fk_tenants_user_id FOREIGN KEY (staff_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_staffassignment
    ADD CONSTRAINT tenants_staffassignment_tenant_id_b6e5d459_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_staffnote
    ADD CONSTRAINT tenants_staffnote_author_id_ea4609c5_fk_tenants_user_id FOREIGN KEY (author_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_staffnote
    ADD CONSTRAINT tenants_staffnote_tenant_id_3996bf1a_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_standing
    ADD CONSTRAINT tenants_standing_tenant_id_f0df8e57_fk_tenants_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_tenant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_tenantgroup
    ADD CONSTRAINT tenants_tenantgroup_created_by_id_0d4314ab_fk_tenants_user_id FOREIGN KEY (created_by_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_user_groups
    ADD CONSTRAINT tenants_user_groups_group_id_217b8f87_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_user_groups
    ADD CONSTRAINT tenants_user_groups_user_id_5c8b04b7_fk_tenants_user_id FOREIGN KEY (user_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_user_user_permissions
    ADD CONSTRAINT tenants_user_user_pe_permission_id_bc2e7c1b_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.tenants_user_user_permissions
    ADD CONSTRAINT tenants_user_user_pe_user_id_f9b9e114_fk_tenants_u FOREIGN KEY (user_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_user_id_af5e0a6d_fk_tenants_user_id FOREIGN KEY (user_id) REFERENCES public.tenants_user(id) DEFERRABLE INITIALLY DEFERRED;

CREATE POLICY assigned_rows ON public.tenants_tenant FOR SELECT TO clarity_app USING ((id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

ALTER TABLE public.billing_billedpair ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_billingdetails ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_contract ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_discount ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_invoice ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_invoiceline ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_letter ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_payment ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_paymenttry ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_receivable ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_stripecustomer ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_subscription ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_trial ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_unmatchedpayment ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_alertaddress ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_alertcase ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_alertchannel ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_alertmessage ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_alertplan ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_attempt ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_attempt_first ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_backfill ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_backfillarticle ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_balance ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_bulkstep ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_connection ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_convergencerun ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_credential ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_cursor ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_datakey ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_daytotal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_delivery ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_delivery_first ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_dryrun ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_export ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_exportpart ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_flow ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_hourfigure ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_inboxitem ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_inboxitem_first ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_incident ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_introduction ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_lane ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_link ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_noticename ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_onboarding ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_pair ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_payload ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_payload_first ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_preflight ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_privacyrequest ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_reconciledorder ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_reconciliation ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_refusal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_reservation ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_safetystock ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_sandboxpair ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_searchkey ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_searchterm ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_shadowrun ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations_stockedarticle ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mappings_lookuptable ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mappings_mappingset ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mappings_mappingversion ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mappings_tablerevision ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mappings_unmappedvalue ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_rows ON public.billing_billedpair FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.billing_contract FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.billing_discount FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.billing_invoice FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.billing_payment FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.billing_receivable FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.billing_subscription FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.billing_unmatchedpayment FOR SELECT TO clarity_app USING (((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))) OR ((tenant_id IS NULL) AND (EXISTS ( SELECT 1
   FROM public.tenants_user
  WHERE ((tenants_user.id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND tenants_user.is_active AND tenants_user.is_staff AND ((tenants_user.staff_role)::text = ANY ((ARRAY['finance'::character varying, 'superuser'::character varying])::text[]))))))));

CREATE POLICY own_rows ON public.integrations_bulkstep FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.tenants_announcementpost FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.tenants_deputation FOR SELECT TO clarity_app USING (((ended_at IS NULL) AND (ends_at > now()) AND ((staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) OR (tenant_id IN ( SELECT tenants_membership.tenant_id
   FROM public.tenants_membership
  WHERE (tenants_membership.user_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid))))));

CREATE POLICY own_rows ON public.tenants_groupmember FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.tenants_membership FOR SELECT TO clarity_app USING ((user_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid));

CREATE POLICY own_rows ON public.tenants_staffassignment FOR SELECT TO clarity_app USING (((staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (ended_at IS NULL)));

CREATE POLICY own_rows ON public.tenants_standing FOR SELECT TO clarity_app USING ((tenant_id IN ( SELECT tenants_staffassignment.tenant_id
   FROM public.tenants_staffassignment
  WHERE ((tenants_staffassignment.staff_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid) AND (tenants_staffassignment.ended_at IS NULL)))));

CREATE POLICY own_rows ON public.tenants_tenant FOR SELECT TO clarity_app USING ((id IN ( SELECT tenants_membership.tenant_id
   FROM public.tenants_membership
  WHERE (tenants_membership.user_id = (NULLIF(current_setting('clarity.user'::text, true), ''::text))::uuid))));

CREATE POLICY staff_door ON public.billing_billedpair TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_billingdetails TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_contract TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_discount TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_invoice TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_invoiceline TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_letter TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_payment TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_paymenttry TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_receivable TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_stripecustomer TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_subscription TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_trial TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.billing_unmatchedpayment TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_alertaddress TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_alertcase TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_alertchannel TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_alertmessage TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_alertplan TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_attempt TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_attempt_first TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_backfill TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_backfillarticle TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_balance TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_bulkstep TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_connection TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_convergencerun TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_credential TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_cursor TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_datakey TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_daytotal TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_delivery TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_delivery_first TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_dryrun TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_export TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_exportpart TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_flow TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_hourfigure TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_inboxitem TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_inboxitem_first TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_incident TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_introduction TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_lane TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_link TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_noticename TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_onboarding TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_pair TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_payload TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_payload_first TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_preflight TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_privacyrequest TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_reconciledorder TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_reconciliation TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_refusal TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_reservation TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_safetystock TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_sandboxpair TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_searchkey TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_searchterm TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_shadowrun TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.integrations_stockedarticle TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.mappings_lookuptable TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.mappings_mappingset TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.mappings_mappingversion TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.mappings_tablerevision TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.mappings_unmappedvalue TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_announcementpost TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_apirequest TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_apitoken TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_apiuse TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_auditentry TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_deputation TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_groupmember TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_invitation TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_membership TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_snooze TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_staffassignment TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_staffnote TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_standing TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY staff_door ON public.tenants_tenant TO clarity_staff USING (true) WITH CHECK (true);

CREATE POLICY tenant_isolation ON public.billing_billedpair TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_billingdetails TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_contract TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_discount TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_invoice TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_invoiceline TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_letter TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_payment TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_paymenttry TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_receivable TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_stripecustomer TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_subscription TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_trial TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.billing_unmatchedpayment TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_alertaddress TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_alertcase TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_alertchannel TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_alertmessage TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_alertplan TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_attempt TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_attempt_first TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_backfill TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_backfillarticle TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_balance TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_bulkstep TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_connection TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_convergencerun TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_credential TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_cursor TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_datakey TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_daytotal TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_delivery TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_delivery_first TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_dryrun TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_export TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_exportpart TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_flow TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_hourfigure TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_inboxitem TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_inboxitem_first TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_incident TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_introduction TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_lane TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_link TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_noticename TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_onboarding TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_pair TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_payload TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_payload_first TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_preflight TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_privacyrequest TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_reconciledorder TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_reconciliation TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_refusal TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_reservation TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_safetystock TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_sandboxpair TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_searchkey TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_searchterm TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_shadowrun TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.integrations_stockedarticle TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.mappings_lookuptable TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.mappings_mappingset TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.mappings_mappingversion TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.mappings_tablerevision TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.mappings_unmappedvalue TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_announcementpost TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_apirequest TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_apitoken TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_apiuse TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_auditentry TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_deputation TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_groupmember TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_invitation TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_membership TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_snooze TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_staffassignment TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_staffnote TO clarity_app USING ((tenant_id = (current_setting('clarity.tenant'::text))::uuid)) WITH CHECK ((tenant_id = (current_setting('clarity.tenant'::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_standing TO clarity_app USING ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

CREATE POLICY tenant_isolation ON public.tenants_tenant TO clarity_app USING ((id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid)) WITH CHECK ((id = (NULLIF(current_setting('clarity.tenant'::text, true), ''::text))::uuid));

ALTER TABLE public.tenants_announcementpost ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_apirequest ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_apitoken ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_apiuse ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_auditentry ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_deputation ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_groupmember ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_invitation ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_membership ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_snooze ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_staffassignment ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_staffnote ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_standing ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants_tenant ENABLE ROW LEVEL SECURITY;

INSERT INTO public.django_migrations (app, name, applied) VALUES
    ('contenttypes', '0001_initial', now()),
    ('contenttypes', '0002_remove_content_type_name', now()),
    ('auth', '0001_initial', now()),
    ('auth', '0002_alter_permission_name_max_length', now()),
    ('auth', '0003_alter_user_email_max_length', now()),
    ('auth', '0004_alter_user_username_opts', now()),
    ('auth', '0005_alter_user_last_login_null', now()),
    ('auth', '0006_require_contenttypes_0002', now()),
    ('auth', '0007_alter_validators_add_error_messages', now()),
    ('auth', '0008_alter_user_username_max_length', now()),
    ('auth', '0009_alter_user_last_name_max_length', now()),
    ('auth', '0010_alter_group_name_max_length', now()),
    ('auth', '0011_update_proxy_permissions', now()),
    ('auth', '0012_alter_user_first_name_max_length', now()),
    ('tenants', '0001_initial', now()),
    ('account', '0001_initial', now()),
    ('account', '0002_email_max_length', now()),
    ('account', '0003_alter_emailaddress_create_unique_verified_email', now()),
    ('account', '0004_alter_emailaddress_drop_unique_email', now()),
    ('account', '0005_emailaddress_idx_upper_email', now()),
    ('account', '0006_emailaddress_lower', now()),
    ('account', '0007_emailaddress_idx_email', now()),
    ('account', '0008_emailaddress_unique_primary_email_fixup', now()),
    ('account', '0009_emailaddress_unique_primary_email', now()),
    ('admin', '0001_initial', now()),
    ('admin', '0002_logentry_remove_auto_add', now()),
    ('admin', '0003_logentry_add_action_flag_choices', now()),
    ('tenants', '0002_people', now()),
    ('tenants', '0003_known_people_have_proven_their_address', now()),
    ('tenants', '0004_erasing', now()),
    ('tenants', '0005_api_tokens', now()),
    ('tenants', '0006_staff', now()),
    ('billing', '0001_ledger', now()),
    ('billing', '0002_stripe', now()),
    ('billing', '0003_trials', now()),
    ('billing', '0004_books_of_assigned_accounts', now()),
    ('billing', '0006_letters', now()),
    ('django_q', '0001_initial', now()),
    ('django_q', '0002_auto_20150630_1624', now()),
    ('django_q', '0003_auto_20150708_1326', now()),
    ('django_q', '0004_auto_20150710_1043', now()),
    ('django_q', '0005_auto_20150718_1506', now()),
    ('django_q', '0006_auto_20150805_1817', now()),
    ('django_q', '0007_ormq', now()),
    ('django_q', '0008_auto_20160224_1026', now()),
    ('django_q', '0009_auto_20171009_0915', now()),
    ('django_q', '0010_auto_20200610_0856', now()),
    ('django_q', '0011_auto_20200628_1055', now()),
    ('django_q', '0012_auto_20200702_1608', now()),
    ('django_q', '0013_task_attempt_count', now()),
    ('django_q', '0014_schedule_cluster', now()),
    ('django_q', '0015_alter_schedule_schedule_type', now()),
    ('django_q', '0016_schedule_intended_date_kwarg', now()),
    ('django_q', '0017_task_cluster_alter', now()),
    ('django_q', '0018_task_success_index', now()),
    ('django_q', '0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more', now()),
    ('tenants', '0007_deputations', now()),
    ('tenants', '0008_groups_and_announcements', now()),
    ('mappings', '0001_sets_versions_and_tables', now()),
    ('integrations', '0001_initial', now()),
    ('integrations', '0002_accept', now()),
    ('integrations', '0003_ranks_and_double_entry', now()),
    ('integrations', '0004_day_totals', now()),
    ('integrations', '0005_notice_names', now()),
    ('integrations', '0006_partitions', now()),
    ('integrations', '0007_kept_plans', now()),
    ('integrations', '0008_incidents', now()),
    ('integrations', '0009_backfills', now()),
    ('integrations', '0010_chores_and_balances', now()),
    ('integrations', '0011_page_indexes', now()),
    ('integrations', '0012_breaker_and_budget', now()),
    ('integrations', '0013_records_of_backfills', now()),
    ('integrations', '0014_agenda', now()),
    ('integrations', '0015_shadow_runs', now()),
    ('integrations', '0016_links_by_direction', now()),
    ('integrations', '0017_preflights', now()),
    ('integrations', '0018_reservations', now()),
    ('integrations', '0019_reconciliation', now()),
    ('integrations', '0020_replays_of_a_pair', now()),
    ('integrations', '0021_own_fields', now()),
    ('integrations', '0022_onboarding', now()),
    ('integrations', '0023_figures_and_convergence', now()),
    ('integrations', '0024_search_terms', now()),
    ('integrations', '0025_exports_and_privacy', now()),
    ('integrations', '0026_alerts', now()),
    ('integrations', '0027_alerts_of_privacy', now()),
    ('integrations', '0028_introductions', now()),
    ('integrations', '0029_discards', now()),
    ('integrations', '0030_newest_deliveries_and_attempts', now()),
    ('integrations', '0031_bulk_jobs_and_templates', now()),
    ('mfa', '0001_initial', now()),
    ('mfa', '0002_authenticator_timestamps', now()),
    ('mfa', '0003_authenticator_type_uniq', now()),
    ('sessions', '0001_initial', now()),
    ('tenants', '0009_what_people_are_called', now()),
    ('usersessions', '0001_initial', now());
