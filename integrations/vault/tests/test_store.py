"""Credentials go in and come out of their own connection only, and are never shown."""

from __future__ import annotations

import logging
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection as database
from pytest_django import Settings

from integrations.models import Connection, Credential, DataKey
from integrations.vault import keyring, sealing, store
from integrations.vault.errors import NoSuchConnection, SealBroken
from integrations.vault.tests.conftest import make_connection
from tenants import scope

TOKEN = "shpat_5f1c-access"
REFRESH = "shprt_77aa-refresh"


def test_credentials_come_back(tenant_id: uuid.UUID, connection_id: uuid.UUID) -> None:
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": TOKEN, "shop": "Füße 鞋 \U0001f45f", "empty": ""})
        assert store.get_all(connection_id) == {
            "access_token": TOKEN,
            "shop": "Füße 鞋 \U0001f45f",
            "empty": "",
        }
        store.put(connection_id, {"access_token": "second"})
        assert store.get_all(connection_id)["access_token"] == "second"
        assert len(store.get_all(connection_id)) == 3


def test_a_connection_without_credentials_has_none(
    tenant_id: uuid.UUID, connection_id: uuid.UUID
) -> None:
    with scope.tenant(tenant_id):
        store.put(connection_id, {})
        assert store.get_all(connection_id) == {}
        assert store.fields(connection_id) == {}
        assert store.delete(connection_id, "access_token") is False


def test_fields_say_which_and_since_when(tenant_id: uuid.UUID, connection_id: uuid.UUID) -> None:
    with scope.tenant(tenant_id):
        store.put(connection_id, {"b": "1", "a": "2"})
        first = store.fields(connection_id)
    assert list(first) == ["a", "b"]
    with scope.tenant(tenant_id):
        store.put(connection_id, {"b": "3"})
        second = store.fields(connection_id)
        assert store.delete(connection_id, "a") is True
        assert list(store.fields(connection_id)) == ["b"]
    assert second["a"] == first["a"]
    assert second["b"] > first["b"]


def test_nothing_without_a_scope(connection_id: uuid.UUID) -> None:
    with pytest.raises(scope.ScopeMissing):
        store.put(connection_id, {"access_token": TOKEN})
    with pytest.raises(scope.ScopeMissing):
        store.get_all(connection_id)


def test_another_tenant_can_neither_read_nor_write_nor_delete(
    tenant_id: uuid.UUID, other_tenant_id: uuid.UUID, connection_id: uuid.UUID
) -> None:
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": TOKEN})
    with scope.tenant(other_tenant_id):
        assert store.get_all(connection_id) == {}
        assert store.fields(connection_id) == {}
        assert store.delete(connection_id, "access_token") is False
        with pytest.raises(NoSuchConnection, match=str(connection_id)):
            store.put(connection_id, {"access_token": "theirs"})
    with scope.tenant(tenant_id):
        assert store.get_all(connection_id) == {"access_token": TOKEN}


def test_a_value_moved_to_another_field_does_not_open(
    tenant_id: uuid.UUID, connection_id: uuid.UUID
) -> None:
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": TOKEN, "shop": "mine"})
        token = Credential.objects.get(field="access_token")
        Credential.objects.filter(field="shop").update(sealed=token.sealed)
        with pytest.raises(SealBroken, match=f"credential/{connection_id}/shop"):
            store.get_all(connection_id)


def test_a_value_moved_to_another_connection_does_not_open(
    tenant_id: uuid.UUID, connection_id: uuid.UUID
) -> None:
    second = make_connection(tenant_id, "Second shop")
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": TOKEN})
        Credential.objects.update(connection_id=second)
        with pytest.raises(SealBroken, match=f"credential/{second}/access_token"):
            store.get_all(second)


def test_a_value_moved_to_another_tenant_does_not_open(
    tenant_id: uuid.UUID, other_tenant_id: uuid.UUID, connection_id: uuid.UUID
) -> None:
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": TOKEN})
    with scope.tenant(other_tenant_id):
        keyring.current_key(other_tenant_id)
    with scope.door("a test moves a connection"):
        Connection.objects.filter(pk=connection_id).update(tenant_id=other_tenant_id)
        Credential.objects.update(tenant_id=other_tenant_id)
    with scope.tenant(other_tenant_id), pytest.raises(SealBroken):
        store.get_all(connection_id)


def test_a_credential_does_not_open_as_a_payload(
    tenant_id: uuid.UUID, connection_id: uuid.UUID
) -> None:
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": TOKEN})
        sealed = bytes(Credential.objects.get().sealed)
        context = ["credential", str(connection_id), "access_token"]
        with pytest.raises(SealBroken):
            sealing.open_sealed(tenant_id, context, sealed)


def test_a_refused_or_rolled_back_put_changes_nothing(
    tenant_id: uuid.UUID, connection_id: uuid.UUID
) -> None:
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": TOKEN, "refresh_token": REFRESH})
    with scope.tenant(tenant_id), pytest.raises(TypeError, match="'refresh_token' must be text"):
        store.put(connection_id, {"access_token": "new", "refresh_token": None})  # type: ignore[dict-item]
    with pytest.raises(ZeroDivisionError), scope.tenant(tenant_id):  # noqa: PT012
        store.put(connection_id, {"access_token": "new", "refresh_token": "new"})
        raise ZeroDivisionError
    with scope.tenant(tenant_id):
        assert store.get_all(connection_id) == {"access_token": TOKEN, "refresh_token": REFRESH}


def test_a_token_pair_is_replaced_as_one(tenant_id: uuid.UUID, connection_id: uuid.UUID) -> None:
    stop = threading.Event()
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": "0", "refresh_token": "0"})

    def write(writer: int) -> None:
        try:
            for turn in range(30):
                value = f"{writer}-{turn}"
                pair = [("access_token", value), ("refresh_token", value)]
                with scope.tenant(tenant_id):
                    store.put(connection_id, dict(pair if writer % 2 else reversed(pair)))
        finally:
            database.close()

    def read() -> int:
        reads = 0
        try:
            while not stop.is_set():
                with scope.tenant(tenant_id):
                    pair = store.get_all(connection_id)
                assert pair["access_token"] == pair["refresh_token"]
                reads += 1
            return reads
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        reader = pool.submit(read)
        try:
            list(pool.map(write, range(3)))
        finally:
            stop.set()
        assert reader.result() > 0


def test_two_callers_with_the_fields_in_opposite_order_do_not_deadlock(
    tenant_id: uuid.UUID, connection_id: uuid.UUID
) -> None:
    with scope.tenant(tenant_id):
        store.put(connection_id, {"a": "0", "m": "0", "z": "0"})

    def put(order: str) -> None:
        try:
            with scope.tenant(tenant_id):
                store.put(connection_id, dict.fromkeys(order, order))
        finally:
            database.close()

    with ThreadPoolExecutor(2) as pool:
        with scope.tenant(tenant_id):
            # Both are brought to a stop in the middle of their fields.
            store.put(connection_id, {"m": "1"})
            jobs = [pool.submit(put, "amz"), pool.submit(put, "zma")]
            with pytest.raises(TimeoutError):
                jobs[1].result(timeout=0.7)
        for job in jobs:
            job.result(timeout=30)
    with scope.tenant(tenant_id):
        assert len(set(store.get_all(connection_id).values())) == 1


def test_after_a_rotation_elsewhere_nothing_is_put_under_the_old_key(
    tenant_id: uuid.UUID, connection_id: uuid.UUID
) -> None:
    old = keyring.current_key(tenant_id)
    keyring.add_version(tenant_id)
    keyring.cache.put(old, is_active=True, read_at=keyring.cache.clock())
    assert keyring.tenant_key(tenant_id) is old
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": TOKEN})
        assert Credential.objects.get().key_version == 2
        assert store.get_all(connection_id) == {"access_token": TOKEN}


def test_secrets_are_never_shown(
    tenant_id: uuid.UUID,
    connection_id: uuid.UUID,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    # As the database log of a debugging developer would have it.
    settings.DEBUG = True
    with scope.tenant(tenant_id):
        store.put(connection_id, {"access_token": TOKEN})
        found = store.get_all(connection_id)
        rows = [Credential.objects.get(), DataKey.objects.get()]
        shown = (
            f"{found} {found!r} {rows} {[str(row) for row in rows]} {[vars(row) for row in rows]}"
        )
        shown += repr(keyring.tenant_key(tenant_id)) + repr(keyring.cache) + str(database.queries)
        Credential.objects.update(sealed=b"\x01" * 60)
        with pytest.raises(SealBroken) as caught:
            store.get_all(connection_id)
    shown += caplog.text + repr(caught.value) + str(caught.value)
    assert "<Secrets access_token>" in shown
    assert "INSERT INTO" in shown
    master = settings.CLARITY_MASTER_KEYS[0].partition(":")[2]
    for secret in (TOKEN, master):
        assert secret not in shown
