"""A table without its policies is noticed."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations
from django.db.migrations.state import ProjectState

from clarity.postgres.base import as_owner
from tenants.rls import ProtectTenantTable, protect_sql, verify_policies


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_every_table_here_is_protected(db: None) -> None:
    assert verify_policies(connection) == []


def test_a_new_table_with_a_tenant_is_reported_until_it_is_protected(db: None) -> None:
    with as_owner():
        run("CREATE TEMP TABLE forgotten (tenant_id uuid)")
        problems = verify_policies(connection)
        assert len(problems) == 3
        assert all(said.startswith("forgotten: ") for said in problems)
        run(*protect_sql("forgotten"))
        assert verify_policies(connection) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("ALTER TABLE spoiled NO FORCE ROW LEVEL SECURITY", "not enabled and forced"),
        ("ALTER TABLE spoiled DISABLE ROW LEVEL SECURITY", "not enabled and forced"),
        ("DROP POLICY tenant_isolation ON spoiled", "tenant_isolation"),
        ("ALTER POLICY tenant_isolation ON spoiled USING (true)", "tenant_isolation"),
        ("ALTER POLICY tenant_isolation ON spoiled TO PUBLIC", "tenant_isolation"),
        ("ALTER POLICY staff_door ON spoiled TO PUBLIC", "staff_door"),
        ("CREATE POLICY wide ON spoiled TO PUBLIC USING (true)", "wide opens the table further"),
        ("CREATE POLICY wide ON spoiled FOR SELECT USING (true)", "wide opens the table further"),
    ],
)
def test_a_weakened_table_is_reported(db: None, spoil: str, said: str) -> None:
    with as_owner():
        run("CREATE TEMP TABLE spoiled (tenant_id uuid)", *protect_sql("spoiled"), spoil)
        (problem,) = verify_policies(connection)
    assert problem.startswith("spoiled: ")
    assert said in problem


def test_a_view_that_reads_as_its_owner_is_reported(db: None) -> None:
    with as_owner():
        run("CREATE TEMP VIEW wide_view AS SELECT * FROM tenants_membership")
        (problem,) = verify_policies(connection)
        assert problem.startswith("wide_view: ")
        run("ALTER VIEW wide_view SET (security_invoker = true)")
        assert verify_policies(connection) == []


def test_migrate_refuses_to_finish(transactional_db: None) -> None:
    with as_owner():
        run("CREATE TABLE forgotten (tenant_id uuid)")
    try:
        with pytest.raises(CommandError, match="forgotten"):
            call_command("migrate", verbosity=0)
    finally:
        with as_owner():
            run("DROP TABLE forgotten")


def test_the_operation_goes_both_ways(db: None) -> None:
    operation = ProtectTenantTable("both_ways")
    state = ProjectState()
    with as_owner():
        run("CREATE TEMP TABLE both_ways (tenant_id uuid)")
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("tenants", editor, state, state)
        assert verify_policies(connection) == []
        with connection.schema_editor(atomic=False) as editor:
            operation.database_backwards("tenants", editor, state, state)
        assert len(verify_policies(connection)) == 3


def test_the_operation_can_be_written_into_a_migration() -> None:
    name, args, kwargs = ProtectTenantTable("Thing", own_rows="user_id = {user}").deconstruct()
    again = ProtectTenantTable(*args, **kwargs)
    assert name == "ProtectTenantTable"
    assert (again.name, again.column, again.own_rows) == ("Thing", "tenant_id", "user_id = {user}")
    assert isinstance(again, migrations.operations.base.Operation)
