"""What an operator sees of the two rotations: words and exit codes."""

from __future__ import annotations

import io
import uuid

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from integrations.models import DataKey
from integrations.vault import keyring, store
from integrations.vault.tests.conftest import MASTER_A, MASTER_B
from tenants import scope


def run(*arguments: str) -> list[str]:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_master_key_is_rotated_and_checked(
    tenant_id: uuid.UUID, other_tenant_id: uuid.UUID, settings: Settings
) -> None:
    for each in (tenant_id, other_tenant_id):
        keyring.current_key(each)
    settings.CLARITY_MASTER_KEYS = [MASTER_B, MASTER_A]
    with pytest.raises(CommandError, match="^2 data keys are not under 2026b.$") as caught:
        run("rotate_master_key", "--check")
    assert caught.value.returncode == 1
    assert run("rotate_master_key") == [
        "2 of 2",
        "master key 2026b (active): 2 data keys",
        "2 data keys wrapped anew",
        "Every data key is under 2026b.",
    ]
    assert run("rotate_master_key", "--check") == [
        "master key 2026b (active): 2 data keys",
        "Every data key is under 2026b.",
    ]


def test_a_missing_master_key_is_told(tenant_id: uuid.UUID, settings: Settings) -> None:
    keyring.current_key(tenant_id)
    settings.CLARITY_MASTER_KEYS = [MASTER_B]
    with pytest.raises(CommandError, match="under master key '2026a', which is not in"):
        run("rotate_master_key")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 data keys are not under 2026b"):
        call_command("rotate_master_key", "--check", stdout=out)
    assert out.getvalue() == "master key 2026a (older, NOT CONFIGURED): 1 data keys\n"
    settings.CLARITY_MASTER_KEYS = []
    with pytest.raises(CommandError, match="CLARITY_MASTER_KEYS is empty"):
        run("rotate_master_key")


def test_a_tenant_is_rotated_by_slug_and_all_at_once(
    tenant_id: uuid.UUID, other_tenant_id: uuid.UUID, connection_id: uuid.UUID
) -> None:
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": "a", "refresh_token": "b"})
    assert run("rotate_tenant_key", "first") == [
        "first: data key 2 is active, 2 credentials sealed again",
        "1 tenants done.",
    ]
    assert run("rotate_tenant_key", "--all", "--prune") == [
        "first: data key 3 is active, 2 credentials sealed again, old data keys removed: none",
        "second: has no data key yet, old data keys removed: none",
        "2 tenants done.",
    ]
    with scope.tenant(tenant_id):
        DataKey.objects.filter(version__gt=1).update(created_at="2020-01-01T00:00:00Z")
    assert run("rotate_tenant_key", str(tenant_id), "--prune-only") == [
        "first: old data keys removed: 1, 2",
        "1 tenants done.",
    ]
    with scope.tenant(tenant_id):
        assert store.get_all(connection_id) == {"access_token": "a", "refresh_token": "b"}


def test_what_could_not_be_done_is_told(tenant_id: uuid.UUID, other_tenant_id: uuid.UUID) -> None:
    for each in (tenant_id, other_tenant_id):
        keyring.current_key(each)
    with scope.tenant(tenant_id):
        DataKey.objects.update(wrapped=b"\0" * 60)
    out = io.StringIO()
    with pytest.raises(CommandError, match="^1 of 2 tenants could not be finished.$") as caught:
        call_command("rotate_tenant_key", "--all", stdout=out)
    assert caught.value.returncode == 1
    first, second = out.getvalue().splitlines()
    assert first.startswith(f"first: Data key 1 of tenant {tenant_id} does not open")
    assert second == "second: data key 2 is active, 0 credentials sealed again"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "No tenant has the slug or id 'nobody'"),
        ([], "one of the arguments tenant --all is required"),
        (["first", "--all"], "not allowed with argument"),
        (["--all", "--prune", "--prune-only"], "not allowed with argument"),
    ],
)
def test_a_wrong_call_is_explained(
    arguments: list[str], words: str, transactional_db: None
) -> None:
    with pytest.raises(CommandError, match=words):
        run("rotate_tenant_key", *arguments)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("rotate_master_key", "How to change the master key without an interruption:\n  1. Make"),
        ("rotate_tenant_key", "they stay readable under the key that sealed them until\ntheir"),
    ],
)
def test_help_explains(command: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        call_command(command, "--help")
    assert caught.value.code == 0
    assert words in capsys.readouterr().out
