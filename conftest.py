"""Fixtures of the whole suite: real sandboxes in processes of their own, a real database."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import TransactionTestCase, override_settings

from integrations.connector_kit.registry import connectors
from tests import emptying

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent
SHARED = ROOT.parent / "shared"


@dataclass(frozen=True)
class SandboxProcess:
    """A sandbox that answers over HTTP."""

    connector: str
    url: str


def _serve(connector: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "integrations.connector_kit.sandbox.server", connector],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the {connector} sandbox did not start"
    return process, f"http://127.0.0.1:{json.loads(line)['port']}"


class Sandboxes(Mapping[str, SandboxProcess]):
    """Every sandbox there is, by connector. Each starts when it is first asked for."""

    def __init__(self) -> None:
        self._names = sorted(name for name, one in connectors().items() if one.sandbox)
        self._started: dict[str, tuple[subprocess.Popen[str], str]] = {}

    def __getitem__(self, name: str) -> SandboxProcess:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._started:
            self._started[name] = _serve(name)
        return SandboxProcess(name, self._started[name][1])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def stop(self) -> None:
        for process, _ in self._started.values():
            process.terminate()
        for process, _ in self._started.values():
            process.wait(10)


def pytest_collection_finish() -> None:
    """What the tests are made of is never garbage, so it is not looked through again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[Mapping[str, SandboxProcess]]:
    """The sandboxes, one process each, for the whole session; tests use accounts of their own."""
    every = Sandboxes()
    try:
        yield every
    finally:
        every.stop()


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> Iterator[None]:
    """The database is emptied in a quick way after each test that commits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying.after_test)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """A slow hash is what production wants, and what a test waits for."""
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=quick):
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for the pages of one file."""
    # Most files ask for no browser, and none of them should wait for its library.
    from tests.browser.window import opened

    with opened() as found:
        yield found


@pytest.fixture
def account_name() -> str:
    """A sandbox account nobody else uses."""
    return f"t-{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real schemas and payloads, which lies beside a checkout and is not in it."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"needs the real payloads in {SHARED.name}/data beside the checkout")
    return SHARED / "data"
