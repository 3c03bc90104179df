"""Every table with a tenant_id, those of models added later included."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, models, transaction
from psycopg import errors

from clarity.postgres.base import as_owner
from tenants import scope
from tenants.models import Tenant
from tenants.rls import tenant_tables
from tests.tenancy.rows import build, insert, make_row, tenant_models

every_table = pytest.mark.parametrize(
    "model", tenant_models(), ids=lambda model: model._meta.db_table
)


NO_TENANT = (errors.InvalidTextRepresentation, errors.UndefinedObject)


def rows_of(model: type[models.Model], tenant: Tenant) -> int:
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", [tenant.pk])
        return cursor.fetchone()[0]


def changed(statement: str, *values: object) -> int:
    """How many rows a statement touched; 0 when PostgreSQL refused it as a whole."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.rowcount
    except DatabaseError as error:
        if not isinstance(error.__cause__, errors.InsufficientPrivilege):
            raise
        return 0


@pytest.fixture
def seeded(model: type[models.Model], ours: Tenant, theirs: Tenant) -> int:
    """A row of either tenant; says how many of theirs there are."""
    with scope.door("seed"):
        make_row(model, ours)
        make_row(model, theirs)
        count = rows_of(model, theirs)
    assert count
    return count


def test_every_table_of_the_catalogue_has_a_model_here(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits")
        partitions = {row[0] for row in cursor.fetchall()}
    known = {model._meta.db_table for model in tenant_models()} | {"tenants_tenant"}
    assert set(tenant_tables(connection)) - partitions == known


@every_table
def test_another_tenants_rows_are_not_seen(
    model: type[models.Model], seeded: int, ours: Tenant, theirs: Tenant
) -> None:
    with scope.tenant(ours.pk):
        assert rows_of(model, ours)
        assert rows_of(model, theirs) == 0
        assert model._base_manager.filter(tenant_id=theirs.pk).count() == 0


@every_table
def test_another_tenants_rows_are_not_changed_or_deleted(
    model: type[models.Model], seeded: int, ours: Tenant, theirs: Tenant
) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    with scope.tenant(ours.pk):
        assert changed(f"UPDATE {table} SET tenant_id = %s", theirs.pk) == 0
        where = f"{table} WHERE tenant_id = %s"
        assert changed(f"UPDATE {table} SET tenant_id = %s WHERE tenant_id = %s", ours.pk, theirs.pk) == 0  # fmt: skip
        assert changed(f"DELETE FROM {where}", theirs.pk) == 0
    with scope.door("count"):
        assert rows_of(model, theirs) == seeded


@every_table
def test_a_row_of_another_tenant_is_not_inserted(
    model: type[models.Model], seeded: int, ours: Tenant, theirs: Tenant
) -> None:
    with scope.door("parents of the new row"):
        row = build(model, theirs)
    with (
        scope.tenant(ours.pk),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
    ):
        insert(row)
    with scope.door("count"):
        assert rows_of(model, theirs) >= seeded


@every_table
def test_without_a_scope_raw_sql_gets_nothing(model: type[models.Model], seeded: int) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            found = cursor.fetchall()
    except DatabaseError as error:
        # The setting is empty, or was never made in this session.
        if not isinstance(error.__cause__, NO_TENANT):
            raise
        found = []
    assert found == []


@every_table
def test_the_owner_of_the_table_is_held_to_it_as_well(
    model: type[models.Model], seeded: int, theirs: Tenant
) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        assert rows_of(model, theirs) == 0


def test_a_tenant_is_seen_and_changed_by_itself_only(ours: Tenant, theirs: Tenant) -> None:
    with scope.tenant(ours.pk):
        assert list(Tenant.objects.all()) == [ours]
        assert Tenant.objects.filter(pk=theirs.pk).update(name="Taken over") == 0
        assert changed("DELETE FROM tenants_tenant WHERE id = %s", theirs.pk) == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Tenant.objects.create(name="A third", slug="third")
    with scope.door("look"):
        assert Tenant.objects.get(pk=theirs.pk).name == "Their shop"
        assert Tenant.objects.count() == 2


def test_deleting_a_tenant_through_the_door_deletes_its_rows(ours: Tenant, theirs: Tenant) -> None:
    with scope.door("seed"):
        for model in tenant_models():
            make_row(model, ours)
            make_row(model, theirs)
        kept = {model: rows_of(model, theirs) for model in tenant_models()}
        ours_pk = Tenant(pk=ours.pk)
        ours.delete()
        left = {model._meta.db_table for model in tenant_models() if rows_of(model, ours_pk)}
        # The audit log outlives the tenant, and so does what was billed.
        assert left == {
            "tenants_auditentry",
            "billing_invoice",
            "billing_invoiceline",
            "billing_payment",
            "billing_receivable",
            "billing_unmatchedpayment",
        }
        assert {model: rows_of(model, theirs) for model in tenant_models()} == kept
