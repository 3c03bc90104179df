"""The local PostgreSQL of a checkout: started when needed, shared by its processes, never stuck.

Every process that uses the server holds a shared lock on `users.lock`; starting and stopping
happen under `start.lock`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
from psycopg import sql

from clarity.postgres import processes
from clarity.postgres.holders import alone, hold, locked, release
from clarity.postgres.processes import Address
from clarity.postgres.site import (
    SHORT,
    EmbeddedError,
    Site,
    binaries,
    cluster_of,
    digest,
    outside_of,
    own_directory,
    run_as,
    settle,
    socket_directory,
)

SUPERUSER = "postgres"
START_SECONDS = 120
LOG_MAX_BYTES = 10_000_000

# For a small machine. Statements and row values stay out of the log: they hold personal data.
CONFIGURATION = """\
listen_addresses = ''
port = 5432
max_connections = 100
shared_buffers = 64MB
io_method = sync
jit = off
max_parallel_workers_per_gather = 0
max_logical_replication_workers = 0
fsync = on
synchronous_commit = on
wal_level = minimal
max_wal_senders = 0
min_wal_size = 80MB
max_wal_size = 512MB
checkpoint_timeout = 15min
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_checkpoints = off
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
"""


def ensure_running(directory: Path) -> Address:
    """Starts the directory's PostgreSQL unless it runs, and says where it listens.

    May be called at any time from any process and thread; when the server runs it costs one small
    file. From the first call until `release` or its end, the process counts as a user of the
    server. Raises EmbeddedError when it cannot be started.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    hold(directory)
    found = processes.address(cluster_of(directory))
    if found is not None:
        return found
    with locked(directory / "start.lock"):
        found = processes.address(cluster_of(directory))
        return found or _start(directory)


def as_superuser(address: Address, database: str = "postgres") -> psycopg.Connection[Any]:
    """A connection on which each statement counts at once."""
    return psycopg.connect(
        host=address.host, port=address.port, user=SUPERUSER, dbname=database, autocommit=True
    )


def ensure_database(address: Address, *, role: str, database: str) -> None:
    """Makes the login role (no superuser) and its database when they are missing."""
    with as_superuser(address) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('clarity.ensure_database'))")
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(sql.Identifier(role))
            )
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [database]
        ).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(database), sql.Identifier(role)
                )
            )


def stop(directory: Path) -> bool:
    """Stops the server, open connections or not. False when it did not run."""
    directory = directory.resolve()
    if not directory.is_dir():
        return False
    with locked(directory / "start.lock"):
        return _stop(cluster_of(directory))


def stop_if_unused(directory: Path) -> bool:
    """Gives up this process's use; stops the server when no other process uses it.

    Says whether it stopped a server.
    """
    directory = directory.resolve()
    if not directory.is_dir():
        return False
    release(directory)
    with locked(directory / "start.lock"), alone(directory) as nobody_else:
        return nobody_else and _stop(cluster_of(directory))


def in_use(directory: Path) -> bool:
    """Whether any process, this one included, uses the server."""
    directory = directory.resolve()
    if not directory.is_dir():
        return False
    with alone(directory) as nobody_else:
        return not nobody_else


def remove(directory: Path) -> None:
    """Stops the server and deletes its data, also what lies outside the directory."""
    directory = directory.resolve()
    stop(directory)
    release(directory)
    sockets = SHORT.glob(f"clarity-*-{digest(cluster_of(directory))}")
    for path in (*sockets, directory, outside_of(directory)):
        if path.is_dir():
            shutil.rmtree(path)


def _start(directory: Path) -> Address:
    if not (directory / "elsewhere").is_file():
        # Data whose checkout was deleted must not come back as a new checkout's database.
        _stop(outside_of(directory) / "cluster")
        if outside_of(directory).is_dir():
            shutil.rmtree(outside_of(directory))
    site = settle(directory)
    found = _until_ready(site)
    if found is not None:
        return found
    _end(site.cluster)
    if not (site.cluster / "PG_VERSION").is_file():
        _initialise(site)
    sockets = socket_directory(site)
    for stale in (site.cluster / "postmaster.pid", *sockets.glob(".s.PGSQL.5432*")):
        stale.unlink(missing_ok=True)
    _configure(site, sockets)
    log = site.cluster / "server.log"
    if log.is_file() and log.stat().st_size > LOG_MAX_BYTES:
        log.unlink()
    command = [str(binaries(site) / "pg_ctl"), "start", "-w", "-t", str(START_SECONDS)]
    command += ["-D", str(site.cluster), "-l", str(log)]
    done = run_as(site.account, command, timeout=START_SECONDS + 30)
    found = processes.address(site.cluster)
    if done.returncode or found is None:
        said = log.read_text("utf-8", "replace")[-2000:] if log.is_file() else done.stderr
        raise EmbeddedError(f"PostgreSQL did not start in {site.cluster}:\n{said}")
    return found


def _until_ready(site: Site) -> Address | None:
    """Waits for a postmaster that somebody else started or is stopping; None once it is gone."""
    deadline = time.monotonic() + START_SECONDS
    while processes.postmaster(site.cluster) is not None:
        found = processes.address(site.cluster)
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL in {site.cluster} is neither ready nor stopping")
        time.sleep(0.05)
    return None


def _initialise(site: Site) -> None:
    # Renamed into place when complete: a crash in the middle leaves nothing half-made.
    half = site.home / "cluster.new"
    for leftover in (half, site.cluster):
        if leftover.is_dir():
            shutil.rmtree(leftover)
    own_directory(half, site.account.uid if site.account else os.geteuid(), 0o700)
    command = [str(binaries(site) / "initdb"), "-D", str(half), "-U", SUPERUSER, "--auth=trust"]
    command += ["--no-sync", "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = run_as(site.account, command, timeout=START_SECONDS)
    if done.returncode:
        raise EmbeddedError(f"PostgreSQL could not be set up in {half}:\n{done.stderr[-2000:]}")
    half.rename(site.cluster)


def _configure(site: Site, sockets: Path) -> None:
    """Written at every start, so that a newer version's settings reach an older cluster."""
    # Inside the quotes of the file a list, whose items are quoted again: the path may hold commas.
    quoted = str(sockets).replace("\\", "\\\\").replace("'", "''").replace('"', '""')
    file = site.cluster / "postgresql.conf"
    file.write_text(
        CONFIGURATION
        + f"unix_socket_directories = '\"{quoted}\"'\n"
        + "unix_socket_permissions = 0700\n"
        + f"cluster_name = '{processes.cluster_name(site.cluster)}'\n",
        "utf-8",
    )
    if site.account:
        os.chown(file, site.account.uid, site.account.gid)


def _stop(cluster: Path) -> bool:
    ran = bool(processes.members(cluster))
    main = processes.postmaster(cluster)
    if main is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            main.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        processes.gone(cluster, 60)
    _end(cluster)
    return ran


def _end(cluster: Path) -> None:
    """Ends what is left of a cluster; orphans end by themselves once their work is done."""
    for seconds, harder in ((1, signal.SIGQUIT), (5, signal.SIGKILL)):
        if processes.gone(cluster, seconds):
            return
        for process in processes.members(cluster):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(harder)
    if not processes.gone(cluster, 10):
        raise EmbeddedError(f"processes of the PostgreSQL in {cluster} do not end")
