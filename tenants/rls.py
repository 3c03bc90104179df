"""Row-level security: the migration operation that protects a table, and the check that all are.

Two policies a table. `tenant_isolation` lets clarity_app see and write rows whose tenant is the
one in `clarity.tenant`; without a scope the setting is missing and PostgreSQL answers with an
error, not with an empty page. `staff_door` lets clarity_staff see all. FORCE makes both count for
the owner of the table too, who has no policy and so sees nothing: a data migration reads through
`scope.door`. Foreign key checks and cascades of PostgreSQL itself are exempt by its design.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tenants.roles import APP, STAFF

STRICT = "current_setting('clarity.tenant')::uuid"
# For tables that are also read by another rule: no tenant is then no match, not an error.
# After a transaction PostgreSQL leaves a local setting of its own invention as an empty text.
LENIENT = "nullif(current_setting('clarity.tenant', true), '')::uuid"
USER = "nullif(current_setting('clarity.user', true), '')::uuid"


class ProtectTenantTable(Operation):
    """Keeps the tenants of a table apart; put it behind the CreateModel. Reversible.

    `name` is a model of the migration's app or a table (a partition, say, which needs its own).
    `column` holds the tenant. `own_rows` is a further condition under which a row may be read,
    where `{user}` stands for the user of `scope.user`.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, name: str, column: str = "tenant_id", own_rows: str = "") -> None:
        self.name = name
        self.column = column
        self.own_rows = own_rows

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        options = {"column": self.column, "own_rows": self.own_rows}
        return self.__class__.__qualname__, [self.name], options

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Policies are no part of a model's state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table = schema_editor.quote_name(self._table(app_label, to_state))
        for statement in protect_sql(table, self.column, self.own_rows):
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        # Going backwards, the state that still has the model is the one called `from`.
        table = schema_editor.quote_name(self._table(app_label, from_state))
        for policy in ("tenant_isolation", "staff_door", "own_rows"):
            schema_editor.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Keep the tenants of {self.name} apart"

    @property
    def migration_name_fragment(self) -> str:
        return f"protect_{self.name.lower()}"

    def _table(self, app_label: str, state: ProjectState) -> str:
        try:
            return str(state.apps.get_model(app_label, self.name)._meta.db_table)
        except LookupError:
            return self.name


def protect_sql(table: str, column: str = "tenant_id", own_rows: str = "") -> list[str]:
    """The statements that protect a table; `table` comes quoted."""
    own = f"{column} = {LENIENT if own_rows else STRICT}"
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant_isolation ON {table} TO {APP} USING ({own}) WITH CHECK ({own})",
        f"CREATE POLICY staff_door ON {table} TO {STAFF} USING (true) WITH CHECK (true)",
    ]
    if own_rows:
        condition = own_rows.format(user=USER)
        statements.append(
            f"CREATE POLICY own_rows ON {table} FOR SELECT TO {APP} USING ({condition})"
        )
    return statements


# Ordinary, partitioned and foreign tables, views and materialised views of the search path.
_RELATIONS = """
SELECT c.oid, c.oid::regclass::text, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
       coalesce('security_invoker=true' = ANY (c.reloptions), false), a.attname
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
  AND (a.attname = 'tenant_id' OR (c.relname = 'tenants_tenant' AND a.attname = 'id'))
ORDER BY 2
"""

_POLICIES = """
SELECT polname, polcmd, polpermissive, polroles::regrole[]::text[],
       coalesce(pg_get_expr(polqual, polrelid), ''),
       coalesce(pg_get_expr(polwithcheck, polrelid), '')
FROM pg_policy WHERE polrelid = %s
"""

_ROLES = """
SELECT r.rolname || ' must neither bypass row-level security nor be a superuser'
FROM pg_roles r WHERE r.rolname IN (%(app)s, %(staff)s) AND (r.rolsuper OR r.rolbypassrls)
UNION ALL
SELECT r.rolname || ' must not be a member of ' || g.rolname
FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
WHERE r.rolname = %(app)s
"""


def tenant_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """Every table that holds tenants' rows, from the catalogue; the tenants' own table too."""
    with connection.cursor() as cursor:
        cursor.execute(_RELATIONS)
        return [row[1] for row in cursor.fetchall() if row[2] in {"r", "p", "f"}]


def verify_policies(connection: BaseDatabaseWrapper) -> list[str]:
    """What is wrong with the protection of tables and roles, one sentence each; [] is good."""
    with connection.cursor() as cursor:
        cursor.execute(_ROLES, {"app": APP, "staff": STAFF})
        problems = [row[0] for row in cursor.fetchall()]
        cursor.execute(_RELATIONS)
        for oid, table, kind, enabled, forced, as_caller, column in cursor.fetchall():
            if kind in {"v", "m"}:
                if not as_caller:
                    problems.append(f"{table}: a view reads as its owner; add security_invoker")
                continue
            if not enabled or not forced:
                problems.append(f"{table}: row-level security is not enabled and forced")
            cursor.execute(_POLICIES, [oid])
            problems += [f"{table}: {said}" for said in _policy_problems(cursor.fetchall(), column)]
    return problems


def _policy_problems(policies: list[tuple[Any, ...]], column: str) -> list[str]:
    found = {row[0]: row[1:] for row in policies}
    problems = []
    # '*' is PostgreSQL's letter for FOR ALL.
    match found.pop("tenant_isolation", None):
        case ("*", True, [role], using, check) if (
            role == APP
            and using == check
            and (using.startswith(f"({column} = ") and "'clarity.tenant'" in using)
        ):
            pass
        case _:
            problems.append("the policy tenant_isolation is missing or is not the usual one")
    if found.pop("staff_door", None) != ("*", True, [STAFF], "true", "true"):
        problems.append("the policy staff_door is missing or is not the usual one")
    for name, (command, permissive, _roles, using, _check) in found.items():
        # Permissive policies add up, so a further one may only ever show a user their own rows.
        if permissive and (command != "r" or "'clarity.user'" not in using):
            problems.append(f"the policy {name} opens the table further")
    return problems
