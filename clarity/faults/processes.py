"""Processes that are meant to be killed, and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from django.conf import settings

from clarity import supervisor
from clarity.supervisor import Part

DRAIN_SECONDS = 40


class Killable:
    """One part of an installation. Its output goes to a log, which is read as well."""

    def __init__(self, part: Part, *, folder: Path, environment: Mapping[str, str]) -> None:
        self._part = part
        self._environment = dict(environment)
        self._log = folder / f"{part.name}.log"
        self._read_from = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **more: str) -> None:
        """Starts it; `more` goes into the environment of this one start."""
        with self._log.open("ab") as log:
            self._read_from = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                list(self._part.command),
                cwd=settings.BASE_DIR,
                env={**os.environ, **self._environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=supervisor.end_with_parent,
            )

    def said(self, words: str, *, within: float) -> bool:
        """Whether it writes the words since its start, in so many seconds at most."""
        end = time.monotonic() + within
        while words.encode() not in self._log.read_bytes()[self._read_from :]:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def family(self) -> list[psutil.Process]:
        if self._process is None or self._process.poll() is not None:
            return []
        leader = psutil.Process(self._process.pid)
        return [leader, *leader.children(recursive=True)]

    def kill(self) -> int:
        """`kill -9` to it and everything it started, at one moment; answers how many there were."""
        family = self.family()
        for member in family:
            if member.is_running():
                member.send_signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)
        return len(family)

    def kill_members(self, *, pause: float) -> int:
        """`kill -9` to what its guard started, one after the other; answers how many there were.

        The guard lives, and replaces each. Waiting or working, none may take with it what the
        others need.
        """
        guard = self.family()[1:2]
        members = guard[0].children() if guard else []
        for member in members:
            if member.is_running():
                member.send_signal(signal.SIGKILL)
                time.sleep(pause)
        return len(members)

    def drain(self) -> bool:
        """SIGTERM, as a deployment does it; whether it ended by itself."""
        if self._process is None:
            return True
        self._process.terminate()
        try:
            self._process.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True
