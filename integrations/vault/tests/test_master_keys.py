"""Master keys are read strictly, and no message or repr shows one."""

from __future__ import annotations

import base64
import pickle
import uuid
from pathlib import Path

import pytest
from pytest_django import Settings

from integrations.vault import master_keys
from integrations.vault.errors import DataKeyBroken, MasterKeyMissing, MasterKeysUnusable

SECRET_A, SECRET_B = bytes(range(32)), bytes(range(1, 33))
ENTRY_A = "2026a:" + base64.b64encode(SECRET_A).decode()
ENTRY_B = "2026b:" + base64.b64encode(SECRET_B).decode()
TENANT = uuid.UUID(int=1)


def test_the_first_key_is_active(settings: Settings) -> None:
    settings.CLARITY_MASTER_KEYS = [ENTRY_B, ENTRY_A]
    assert master_keys.active().id == "2026b"
    assert master_keys.named("2026a").id == "2026a"


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(b"\xfb\xff" * 16).decode(),
        base64.urlsafe_b64encode(b"\xfb\xff" * 16).decode(),
        base64.urlsafe_b64encode(b"\xfb\xff" * 16).decode().rstrip("="),
    ],
)
def test_both_alphabets_and_no_padding_are_the_same_key(encoded: str) -> None:
    reference = master_keys.MasterKey("k", b"\xfb\xff" * 16)
    [key] = master_keys.parse([f"k:{encoded}"]).values()
    assert reference.unwrap(key.wrap(b"data key", TENANT, 1), TENANT, 1) == b"data key"


NO_COLON = ENTRY_A.partition(":")[2]


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "CLARITY_MASTER_KEYS is empty."),
        ([ENTRY_A, NO_COLON], 'Entry 2 of CLARITY_MASTER_KEYS is not "id:key".'),
        ([":" + NO_COLON], 'Entry 1 of CLARITY_MASTER_KEYS is not "id:key".'),
        (["a b:" + NO_COLON], 'Entry 1 of CLARITY_MASTER_KEYS is not "id:key".'),
        ([ENTRY_A, "2026a:" + NO_COLON[::-1]], "CLARITY_MASTER_KEYS names the id '2026a' twice."),
        (["k:" + NO_COLON[:20]], "The key 'k' in CLARITY_MASTER_KEYS is 15 bytes long."),
        (["k:%%" + NO_COLON], "The key 'k' in CLARITY_MASTER_KEYS is not base64."),
        (["k:é" + NO_COLON], "The key 'k' in CLARITY_MASTER_KEYS is not base64."),
        ([ENTRY_A, "k:" + NO_COLON], "CLARITY_MASTER_KEYS gives the key 'k' under two ids."),
    ],
)
def test_a_wrong_setting_is_explained_without_showing_a_key(entries: list[str], words: str) -> None:
    with pytest.raises(MasterKeysUnusable) as caught:
        master_keys.parse(entries)
    message = str(caught.value)
    assert message.startswith(words)
    assert "openssl rand -base64 32" in message
    assert NO_COLON[:12] not in message
    assert NO_COLON[-12:] not in message


def test_wrapping_is_bound_to_tenant_and_version() -> None:
    key = master_keys.MasterKey("k", SECRET_A)
    wrapped = key.wrap(b"data key", TENANT, 3)
    assert key.unwrap(wrapped, TENANT, 3) == b"data key"
    for tenant_id, version in ((uuid.UUID(int=2), 3), (TENANT, 4)):
        with pytest.raises(DataKeyBroken, match=f"Data key {version} of tenant {tenant_id}"):
            key.unwrap(wrapped, tenant_id, version)


def test_another_key_of_the_same_name_and_cut_rows_are_explained() -> None:
    wrapped = master_keys.MasterKey("k", SECRET_A).wrap(b"data key", TENANT, 1)
    other = master_keys.MasterKey("k", SECRET_B)
    for broken in (wrapped, wrapped[:20], b""):
        with pytest.raises(DataKeyBroken, match="master key 'k'"):
            other.unwrap(broken, TENANT, 1)


def test_an_absent_key_is_named(settings: Settings, tmp_path: Path) -> None:
    settings.CLARITY_DATA_DIR = tmp_path
    settings.CLARITY_MASTER_KEYS = [ENTRY_A]
    with pytest.raises(MasterKeyMissing, match="master key '2026b', which is not in"):
        master_keys.named("2026b")
    assert master_keys.missing({"2026a", "2026b", "2020"}) == ["2020", "2026b"]


def test_a_key_added_to_the_local_file_is_found_without_a_restart(
    settings: Settings, tmp_path: Path
) -> None:
    settings.CLARITY_DATA_DIR = tmp_path
    settings.CLARITY_MASTER_KEYS = [ENTRY_A]
    (tmp_path / "master.keys").write_text(f"{ENTRY_B}\n{ENTRY_A}\n", "utf-8")
    assert master_keys.named("2026b").id == "2026b"
    assert master_keys.missing({"2026a", "2026b"}) == []
    # This process goes on wrapping with the key it started with; every process knows that one.
    assert master_keys.active().id == "2026a"


def test_a_master_key_shows_its_id_only_and_is_not_pickled() -> None:
    keys = master_keys.parse([ENTRY_A])
    assert repr(keys) == "{'2026a': <MasterKey 2026a>}"
    assert not hasattr(keys["2026a"], "__dict__")
    with pytest.raises(TypeError, match="does not leave its process"):
        pickle.dumps(keys)
