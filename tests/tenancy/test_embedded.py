"""The local PostgreSQL: real servers and real processes, in directories of their own."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clarity.postgres import embedded, processes, site
from clarity.postgres.processes import Address

pytestmark = pytest.mark.timeout(120)
ROOT = Path(__file__).resolve().parents[2]

USE = """
import sys, time
from pathlib import Path
from clarity.postgres import embedded
address = embedded.ensure_running(Path(sys.argv[1]))
sys.stdout.write(f"{address.host}\\n")
sys.stdout.flush()
sys.stdin.read()
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    # pytest's tmp_path is closed to other accounts, which is another test's subject.
    base = Path(tempfile.mkdtemp(prefix="clarity test "))
    base.chmod(0o755)
    yield base / "postgres"
    for found in base.glob("[!c]*"):
        embedded.remove(found)
    shutil.rmtree(base)


def ask(address: Address, statement: str = "SELECT 1") -> object:
    with psycopg.connect(
        host=address.host, port=address.port, user=embedded.SUPERUSER, dbname="postgres"
    ) as connection:
        return connection.execute(statement).fetchone()[0]


def kill_postmaster(directory: Path) -> int:
    process = processes.postmaster(site.cluster_of(directory))
    assert process is not None
    process.kill()
    while processes.postmaster(site.cluster_of(directory)) is not None:
        time.sleep(0.01)
    return process.pid


def user_of(directory: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USE, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_it_starts_keeps_its_data_and_stops(directory: Path) -> None:
    address = embedded.ensure_running(directory)
    assert embedded.ensure_running(directory) == address
    assert ask(address, "SELECT current_setting('listen_addresses')") == ""
    assert ask(address, "SELECT current_setting('fsync') || current_setting('jit')") == "onoff"
    assert Path(address.host).stat().st_mode & 0o777 == 0o700
    embedded.ensure_database(address, role="someone", database="kept")
    embedded.ensure_database(address, role="someone", database="kept")
    assert ask(address, "SELECT rolsuper FROM pg_roles WHERE rolname = 'someone'") is False
    assert embedded.stop(directory)
    assert processes.members(site.cluster_of(directory)) == []
    assert not embedded.stop(directory)
    address = embedded.ensure_running(directory)
    assert ask(address, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == 1


def test_it_comes_back_after_the_postmaster_was_killed(directory: Path) -> None:
    address = embedded.ensure_running(directory)
    ask(address, "SELECT 1 FROM pg_sleep(0)")
    # A backend in the middle of a computation does not notice that its postmaster is gone.
    busy = threading.Thread(target=_busy, args=(address,))
    busy.start()
    while ask(address, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%busy%'") < 2:
        time.sleep(0.02)
    kill_postmaster(directory)
    assert processes.members(site.cluster_of(directory))
    assert ask(embedded.ensure_running(directory)) == 1
    busy.join(10)
    assert not busy.is_alive()


def _busy(address: Address) -> None:
    with pytest.raises(psycopg.OperationalError):
        ask(address, "SELECT count(*) AS busy FROM generate_series(1, 10000000000) a")


@pytest.mark.parametrize("reused_by", ["this process", "another postgres", "nobody"])
def test_a_stale_pid_file_does_not_stand_in_the_way(directory: Path, reused_by: str) -> None:
    embedded.ensure_running(directory)
    old = kill_postmaster(directory)
    cluster = site.cluster_of(directory)
    other = directory.parent / "other"
    pid = {"this process": os.getpid(), "nobody": old}.get(reused_by)
    if pid is None:
        embedded.ensure_running(other)
        process = processes.postmaster(site.cluster_of(other))
        assert process is not None
        pid = process.pid
    lines = (cluster / "postmaster.pid").read_text().splitlines()
    assert lines[7].strip() == "ready"
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (cluster / name).write_text("\n".join([str(pid), *lines[1:]]) + "\n")
    assert processes.address(cluster) is None
    assert ask(embedded.ensure_running(directory)) == 1
    if reused_by == "another postgres":
        assert ask(embedded.ensure_running(other)) == 1


def test_two_directories_run_side_by_side(directory: Path) -> None:
    other = directory.parent / "other"
    first, second = embedded.ensure_running(directory), embedded.ensure_running(other)
    assert first != second
    embedded.ensure_database(first, role="someone", database="only_here")
    assert ask(second, "SELECT count(*) FROM pg_database WHERE datname = 'only_here'") == 0
    embedded.stop(directory)
    assert ask(second) == 1


def test_many_processes_start_one_server_and_the_last_one_stops_it(directory: Path) -> None:
    users = [user_of(directory) for _ in range(3)]
    try:
        hosts = {user.stdout.readline().strip() for user in users}
        assert hosts == {str(site.cluster_of(directory.resolve()))}
        running = processes.members(site.cluster_of(directory))
        # A process that a server has just begun still bears its name.
        theirs = {one.pid for one in running}
        assert len([one for one in running if one.ppid() not in theirs]) == 1
        assert not embedded.stop_if_unused(directory)
        users[0].kill()
        users[1].communicate()
        assert not embedded.stop_if_unused(directory)
        assert embedded.in_use(directory)
        assert ask(Address(hosts.pop(), 5432)) == 1
    finally:
        for user in users:
            user.kill()
            user.wait()
    assert not embedded.in_use(directory)
    assert embedded.stop_if_unused(directory)
    assert not embedded.stop_if_unused(directory)


def test_a_deleted_directory_is_made_anew(directory: Path) -> None:
    address = embedded.ensure_running(directory)
    embedded.ensure_database(address, role="someone", database="gone")
    shutil.rmtree(directory)
    address = embedded.ensure_running(directory)
    assert ask(address, "SELECT count(*) FROM pg_database WHERE datname = 'gone'") == 0
    assert embedded.in_use(directory)


def test_a_long_path_gets_a_short_socket_path(directory: Path) -> None:
    long = directory.parent / ("a long name, 'quoted' " * 6)
    address = embedded.ensure_running(long)
    try:
        assert len(address.host) < 60
        assert Path(address.host).stat().st_mode & 0o777 == 0o700
        assert ask(address) == 1
    finally:
        embedded.remove(long)
    assert not Path(address.host).exists()


def test_a_name_somebody_else_took_is_not_used(directory: Path) -> None:
    directory.parent.joinpath("target").mkdir()
    directory.parent.joinpath("link").symlink_to(directory.parent / "target")
    with pytest.raises(embedded.EmbeddedError, match="belongs to another"):
        site.own_directory(directory.parent / "link", os.geteuid(), 0o700)
    directory.parent.joinpath("link").unlink()


def test_failing_to_start_says_what_postgres_said(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "CONFIGURATION", "shared_buffers = plenty\n")
    with pytest.raises(embedded.EmbeddedError, match="shared_buffers"):
        embedded.ensure_running(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: root's own directories are closed")
def test_root_below_a_closed_directory_runs_elsewhere(directory: Path) -> None:
    directory.parent.chmod(0o700)
    address = embedded.ensure_running(directory)
    outside = site.outside_of(directory.resolve())
    assert Path(address.host) == outside / "cluster"
    assert directory.parent.stat().st_mode & 0o777 == 0o700
    assert ask(address) == 1
    embedded.ensure_database(address, role="someone", database="gone")
    # A checkout deleted by hand leaves no old data for the next one of the same name.
    shutil.rmtree(directory)
    address = embedded.ensure_running(directory)
    assert ask(address, "SELECT count(*) FROM pg_database WHERE datname = 'gone'") == 0
    embedded.remove(directory)
    assert not outside.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: root's own directories are closed")
def test_root_with_closed_programs_runs_copies(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = site.binaries(site.Site(directory, None)).parents[1]
    closed = directory.parent / "closed"
    for source in (package / "pginstall18", package.with_name(f"{package.name}.libs")):
        if source.is_dir():
            target = closed / source.relative_to(package.parent)
            shutil.copytree(source, target, symlinks=True)
    closed.chmod(0o700)
    spec = importlib.machinery.ModuleSpec(package.name, None, is_package=True)
    spec.submodule_search_locations = [str(closed / package.name)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    assert ask(embedded.ensure_running(directory)) == 1
    process = processes.postmaster(site.cluster_of(directory))
    assert process is not None
    assert Path(process.cmdline()[0]).is_relative_to(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_an_ordinary_user_runs_it_as_themselves(directory: Path) -> None:
    uid = 65534
    programs = site.binaries(site.Site(directory, None)) / "postgres"
    if not site.reachable(programs, site.Account(uid, uid)):
        pytest.skip(f"another account cannot reach {programs}")
    directory.parent.chmod(0o777)
    child = os.fork()
    if child == 0:
        # Not a new interpreter: it may lie where only root can reach it.
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            os._exit(0 if ask(embedded.ensure_running(directory)) == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    cluster = site.cluster_of(directory)
    assert cluster.stat().st_uid == uid
    process = processes.postmaster(cluster)
    assert process is not None
    assert process.uids().real == uid
    # Root may use it, too, and leaves it to its owner.
    embedded.stop(directory)
    assert ask(embedded.ensure_running(directory)) == 1
    assert cluster.stat().st_uid == uid
