"""Data keys: one per tenant, made once, remembered briefly, erased for good."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection as database
from pytest_django import DjangoAssertNumQueries, Settings

from integrations.models import DataKey
from integrations.vault import keyring, sealing
from integrations.vault.errors import DataKeyBroken, KeyGone, MasterKeyMissing, SealBroken
from integrations.vault.tests.conftest import MASTER_B
from tenants import scope

BODY = ["inbox", "body"]


def versions(tenant_id: uuid.UUID) -> list[tuple[int, bool]]:
    with scope.tenant(tenant_id):
        return list(DataKey.objects.order_by("version").values_list("version", "is_active"))


def test_the_first_use_makes_one_key(tenant_id: uuid.UUID) -> None:
    sealed = sealing.seal(tenant_id, BODY, b"plain")
    assert sealing.open_sealed(tenant_id, BODY, sealed) == b"plain"
    assert versions(tenant_id) == [(1, True)]


def test_many_first_uses_at_once_make_one_key(tenant_id: uuid.UUID) -> None:
    start = threading.Barrier(8)

    def first_use(number: int) -> bytes:
        try:
            start.wait(timeout=30)
            return keyring.current_key(tenant_id).seal(BODY, b"%d" % number)
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(first_use, range(8)))
    assert versions(tenant_id) == [(1, True)]
    keyring.cache.clear()
    opened = [sealing.opened(tenant_id, BODY, each) for each in sealed]
    assert opened == [b"%d" % number for number in range(8)]


def test_a_first_use_waits_for_the_one_before_it_to_commit(tenant_id: uuid.UUID) -> None:
    def first_use() -> bytes:
        try:
            return sealing.seal(tenant_id, BODY, b"second")
        finally:
            database.close()

    with ThreadPoolExecutor(1) as pool:
        with scope.tenant(tenant_id):
            first = sealing.seal(tenant_id, BODY, b"first")
            job = pool.submit(first_use)
            with pytest.raises(TimeoutError):
                job.result(timeout=0.5)
        second = job.result(timeout=30)
    keyring.cache.clear()
    assert sealing.open_sealed(tenant_id, BODY, first) == b"first"
    assert sealing.open_sealed(tenant_id, BODY, second) == b"second"
    assert versions(tenant_id) == [(1, True)]


def test_each_tenant_has_its_own_key(tenant_id: uuid.UUID, other_tenant_id: uuid.UUID) -> None:
    sealed = sealing.seal(tenant_id, BODY, b"plain")
    sealing.seal(other_tenant_id, BODY, b"plain")
    with pytest.raises(SealBroken, match=f"payload/inbox/body of tenant {other_tenant_id}"):
        sealing.open_sealed(other_tenant_id, BODY, sealed)


def test_a_remembered_key_is_refused_inside_another_tenants_scope(
    tenant_id: uuid.UUID, other_tenant_id: uuid.UUID
) -> None:
    sealed = sealing.seal(tenant_id, BODY, b"plain")
    assert keyring.cache.get(tenant_id, None) is not None
    with scope.tenant(other_tenant_id):
        with pytest.raises(scope.ScopeError):
            sealing.seal(tenant_id, BODY, b"plain")
        with pytest.raises(scope.ScopeError):
            sealing.open_sealed(tenant_id, BODY, sealed)


def test_the_staff_door_opens_every_tenant(
    tenant_id: uuid.UUID, other_tenant_id: uuid.UUID
) -> None:
    with scope.door("a test seals for two tenants"):
        for each in (tenant_id, other_tenant_id):
            sealed = sealing.seal(each, BODY, each.bytes)
            assert sealing.open_sealed(each, BODY, sealed) == each.bytes
    assert versions(tenant_id) == versions(other_tenant_id) == [(1, True)]


def test_a_remembered_key_costs_no_query(
    tenant_id: uuid.UUID, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sealed = sealing.seal(tenant_id, BODY, b"plain")
    keyring.current_key(tenant_id)
    with django_assert_num_queries(0):
        sealing.open_sealed(tenant_id, BODY, sealed)
        sealing.seal(tenant_id, BODY, b"plain")


def test_a_key_whose_making_was_rolled_back_is_not_remembered(tenant_id: uuid.UUID) -> None:
    with pytest.raises(ZeroDivisionError), scope.tenant(tenant_id):  # noqa: PT012
        sealed = sealing.seal(tenant_id, BODY, b"plain")
        assert sealing.open_sealed(tenant_id, BODY, sealed) == b"plain"
        raise ZeroDivisionError
    assert len(keyring.cache) == 0
    assert versions(tenant_id) == []
    kept = sealing.seal(tenant_id, BODY, b"kept")
    keyring.cache.clear()
    assert sealing.open_sealed(tenant_id, BODY, kept) == b"kept"


def test_a_version_added_by_another_process_is_read_once_and_opens(
    tenant_id: uuid.UUID, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    old = sealing.seal(tenant_id, BODY, b"old")
    keyring.current_key(tenant_id)
    remembered = keyring.cache.get(tenant_id, None)
    assert remembered is not None
    new = keyring.add_version(tenant_id).seal(("payload", *BODY), b"new")
    keyring.cache.clear()
    keyring.cache.put(remembered, is_active=True, read_at=keyring.cache.clock())
    assert sealing.open_sealed(tenant_id, BODY, new) == b"new"
    with django_assert_num_queries(0):
        assert sealing.open_sealed(tenant_id, BODY, new) == b"new"
        assert sealing.open_sealed(tenant_id, BODY, old) == b"old"
    assert versions(tenant_id) == [(1, False), (2, True)]


def test_versions_added_at_once_all_count(tenant_id: uuid.UUID) -> None:
    keyring.current_key(tenant_id)
    start = threading.Barrier(4)

    def add(_: int) -> int:
        try:
            start.wait(timeout=30)
            return keyring.add_version(tenant_id).version
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(add, range(4))) == [2, 3, 4, 5]
    assert versions(tenant_id) == [(1, False), (2, False), (3, False), (4, False), (5, True)]


def test_erased_keys_leave_nothing_to_read(
    tenant_id: uuid.UUID, other_tenant_id: uuid.UUID
) -> None:
    mine = sealing.seal(tenant_id, BODY, b"personal")
    theirs = sealing.seal(other_tenant_id, BODY, b"personal")
    assert keyring.erase_keys(tenant_id) == 1
    with pytest.raises(KeyGone, match="data key 1 no longer exists"):
        sealing.open_sealed(tenant_id, BODY, mine)
    assert sealing.open_sealed(other_tenant_id, BODY, theirs) == b"personal"
    # A key made afterwards has the same number and opens nothing of before.
    sealing.seal(tenant_id, BODY, b"new")
    with pytest.raises(SealBroken):
        sealing.open_sealed(tenant_id, BODY, mine)
    assert keyring.erase_keys(tenant_id) == 1
    assert keyring.erase_keys(tenant_id) == 0


def test_keys_deleted_by_another_process_stop_working_within_the_cache_time(
    tenant_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = sealing.seal(tenant_id, BODY, b"personal")
    keyring.current_key(tenant_id)
    with scope.tenant(tenant_id):
        DataKey.objects.all().delete()
    assert sealing.open_sealed(tenant_id, BODY, sealed) == b"personal"
    later = keyring.cache.clock() + keyring.CACHE_SECONDS
    monkeypatch.setattr(keyring.cache, "clock", lambda: later)
    with pytest.raises(KeyGone):
        sealing.open_sealed(tenant_id, BODY, sealed)


def test_a_missing_master_key_is_named(tenant_id: uuid.UUID, settings: Settings) -> None:
    sealed = sealing.seal(tenant_id, BODY, b"plain")
    keyring.cache.clear()
    settings.CLARITY_MASTER_KEYS = [MASTER_B]
    with pytest.raises(MasterKeyMissing, match="'2026a', which is not in CLARITY_MASTER_KEYS"):
        sealing.open_sealed(tenant_id, BODY, sealed)
    with pytest.raises(MasterKeyMissing):
        sealing.seal(tenant_id, BODY, b"plain")
    assert versions(tenant_id) == [(1, True)]


def test_a_data_key_moved_to_another_tenant_does_not_unwrap(
    tenant_id: uuid.UUID, other_tenant_id: uuid.UUID
) -> None:
    sealing.seal(tenant_id, BODY, b"plain")
    sealing.seal(other_tenant_id, BODY, b"plain")
    with scope.door("a test moves a data key"):
        stolen = DataKey.objects.get(tenant_id=tenant_id).wrapped
        DataKey.objects.filter(tenant_id=other_tenant_id).update(wrapped=stolen)
    keyring.cache.clear()
    with pytest.raises(DataKeyBroken, match=f"Data key 1 of tenant {other_tenant_id}"):
        sealing.seal(other_tenant_id, BODY, b"plain")


def test_a_forked_child_starts_with_no_keys(tenant_id: uuid.UUID) -> None:
    keyring.current_key(tenant_id)
    keyring.current_key(tenant_id)
    assert len(keyring.cache) == 2
    keyring.cache._start_anew()
    assert len(keyring.cache) == 0
