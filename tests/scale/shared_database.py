"""One PostgreSQL that listens on an address, for hosts that have no socket in common."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

import psycopg

from clarity.postgres import embedded, site

DATABASE = ROLE = "clarity"
PORT = 5432


def start(folder: Path, *, address: str, network: str) -> str:
    """Starts the folder's PostgreSQL on `address`, open to `network`; answers its URL."""
    found = embedded.ensure_running(folder)
    embedded.ensure_database(found, role=ROLE, database=DATABASE)
    with psycopg.connect(
        host=found.host, port=found.port, user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        # Kept apart from the settings that are written anew at each start.
        connection.execute(f"ALTER SYSTEM SET listen_addresses = '{address}'")
        connection.execute("ALTER SYSTEM SET max_connections = 200")
    with (site.cluster_of(folder) / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {network} trust\n")
    embedded.stop(folder)
    embedded.ensure_running(folder)
    return url(address)


def url(address: str) -> str:
    return f"postgres://{ROLE}@{address}:{PORT}/{DATABASE}"


def secrets_of_all_hosts() -> dict[str, str]:
    """What every host of one installation must be told alike."""
    return {
        "CLARITY_SECRET_KEY": secrets.token_urlsafe(48),
        "CLARITY_MASTER_KEYS": "scale:" + base64.b64encode(os.urandom(32)).decode(),
    }
