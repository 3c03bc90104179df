"""The roles of the database and what they may do."""

from __future__ import annotations

import time

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseError
from psycopg import errors

from tenants.roles import APP, STAFF

# Roles belong to the whole server, advisory locks to one database: two databases that migrate at
# once still meet, and PostgreSQL answers with one of these.
MEETINGS = (
    errors.DuplicateObject,
    errors.UniqueViolation,
    errors.InternalError_,  # "tuple concurrently updated"
)
ATTEMPTS = 10


def ensure_roles(connection: BaseDatabaseWrapper) -> None:
    """Makes both roles, lets the login role take them on, and grants them the tables.

    Run as the login role (`as_owner`); may be called again at any time, also by several
    processes at once. Raises ImproperlyConfigured when the login role may not make roles.
    """
    for attempt in range(ATTEMPTS):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(hashtext('clarity.ensure_roles'))")
            try:
                _make_roles(connection)
                _grant(connection)
                return
            finally:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(hashtext('clarity.ensure_roles'))")
        except DatabaseError as error:
            if isinstance(error.__cause__, errors.InsufficientPrivilege):
                raise ImproperlyConfigured(
                    f"The database login may not make roles. Let an administrator run: "
                    f"CREATE ROLE {APP}; CREATE ROLE {STAFF}; GRANT {APP}, {STAFF} TO <login>;"
                ) from error
            if not isinstance(error.__cause__, MEETINGS) or attempt == ATTEMPTS - 1:
                raise
            time.sleep(0.05 * (attempt + 1))


def _make_roles(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        # From 16 on, being a member and being allowed to SET ROLE are two things.
        modern = cursor.fetchone()[0] >= 160000
        wanted = "SET" if modern else "MEMBER"
        for role in (APP, STAFF):
            cursor.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role]
            )
            row = cursor.fetchone()
            if row is None:
                cursor.execute(f"CREATE ROLE {role} NOLOGIN")
            elif row[0]:
                raise ImproperlyConfigured(f"The role {role} bypasses row-level security.")
            cursor.execute("SELECT pg_has_role(current_user, %s, %s)", [role, wanted])
            if not cursor.fetchone()[0]:
                # Without INHERIT the owner does not gain the staff role's sight by itself.
                option = " WITH INHERIT FALSE, SET TRUE" if modern else ""
                cursor.execute(f"GRANT {role} TO CURRENT_USER{option}")


def _grant(connection: BaseDatabaseWrapper) -> None:
    roles = f"{APP}, {STAFF}"
    tables, sequences = "SELECT, INSERT, UPDATE, DELETE ON", "USAGE, SELECT ON"
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO {roles}")
        cursor.execute(f"GRANT {tables} ALL TABLES IN SCHEMA {schema} TO {roles}")
        cursor.execute(f"GRANT {sequences} ALL SEQUENCES IN SCHEMA {schema} TO {roles}")
        for what in (f"{tables} TABLES", f"{sequences} SEQUENCES"):
            cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {what} TO {roles}")
