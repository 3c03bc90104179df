"""Fixtures of the whole suite: real sandboxes in processes of their own, a real database."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import TransactionTestCase, override_settings

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


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[dict[str, SandboxProcess]]:
    """Both sandboxes, one process each, for the whole session; tests use accounts of their own."""
    started = {name: _serve(name) for name in ("shopify", "heartland")}
    try:
        yield {name: SandboxProcess(name, url) for name, (_, url) in started.items()}
    finally:
        for process, _ in started.values():
            process.terminate()
        for process, _ in started.values():
            process.wait(10)


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
