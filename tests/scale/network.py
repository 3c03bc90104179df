"""Hosts on one machine: each has a network, a host name and processes of its own.

They are Linux namespaces joined by a bridge. Everything lives below one process in a network
namespace of its own, so that nothing of it can be reached from outside and nothing is left behind
when that process ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "10.77.0."
HUB = PREFIX + "1"
BRIDGE = "hub0"
NEEDED = ("ip", "unshare", "nsenter", "hostname")


def why_not() -> str:
    """Why hosts cannot be made here, "" when they can."""
    if sys.platform != "linux":
        return "network namespaces exist on Linux only"
    if os.geteuid() != 0:
        return "making network namespaces needs root: run it with sudo"
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return f"needs {', '.join(missing)} (Debian: apt-get install iproute2 util-linux hostname)"
    tried = subprocess.run([*unshared(), "true"], capture_output=True, text=True)
    return f"namespaces may not be made here: {tried.stderr.strip()}" if tried.returncode else ""


def unshared() -> list[str]:
    """The start of a command line that runs a program in namespaces of its own."""
    return ["unshare", "--net", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]


def make_bridge() -> None:
    """The cable all hosts hang on; call it in a network namespace of our own."""
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", BRIDGE, "type", "bridge")
    _run("ip", "addr", "add", f"{HUB}/24", "dev", BRIDGE)
    _run("ip", "link", "set", BRIDGE, "up")


class Host:
    """One host. Its programs write to `log`."""

    def __init__(
        self, name: str, number: int, *, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.address = f"{PREFIX}{number}"
        self._log = log
        self._environment = dict(environment)
        self._cable = f"v-{name}"
        self._boot()

    def start(self, command: Sequence[str]) -> None:
        """Runs a program on the host."""
        with self._log.open("a") as log:
            subprocess.Popen(
                [*self._inside("--net", "--uts", "--pid", "--mount", f"--wd={ROOT}"), *command],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Pulls the plug: every process of the host ends at one moment."""
        # The first process of a process namespace takes all others with it.
        self._first.send_signal(signal.SIGKILL)
        self._unshare.wait(10)

    def reboot(self) -> None:
        """A host of the same name and address, with nothing running."""
        self._boot()

    def cut(self) -> None:
        """Pulls the network cable; the host does not notice."""
        _run("ip", "link", "set", self._cable, "down")

    def mend(self) -> None:
        """Puts the network cable back."""
        _run("ip", "link", "set", self._cable, "up")

    def cut_off_from(self, address: str) -> None:
        """What the host sends to one address is lost; everything else goes on."""
        _run(*self._inside("--net"), "ip", "route", "add", "blackhole", f"{address}/32")

    def join_again(self, address: str) -> None:
        _run(*self._inside("--net"), "ip", "route", "del", "blackhole", f"{address}/32")

    def _boot(self) -> None:
        self._unshare = subprocess.Popen(
            [*unshared(), "sleep", "infinity"], stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._first = self._first_process()
        pid = str(self._first.pid)
        _run("ip", "link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", pid)
        _run("ip", "link", "set", self._cable, "master", BRIDGE, "up")
        _run(*self._inside("--uts"), "hostname", self.name)
        for command in (
            ("ip", "link", "set", "lo", "up"),
            ("ip", "addr", "add", f"{self.address}/24", "dev", "eth0"),
            ("ip", "link", "set", "eth0", "up"),
        ):
            _run(*self._inside("--net"), *command)

    def _first_process(self) -> psutil.Process:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            children = psutil.Process(self._unshare.pid).children()
            if children and children[0].name() == "sleep":
                return children[0]
            time.sleep(0.01)
        raise TimeoutError(f"host {self.name} did not start")

    def _inside(self, *spaces: str) -> list[str]:
        return ["nsenter", "--target", str(self._first.pid), *spaces]


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
