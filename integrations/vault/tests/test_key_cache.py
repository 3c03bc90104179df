"""Opened keys are kept for a bounded time and number."""

from __future__ import annotations

import uuid

from integrations.vault.envelope import TenantKey
from integrations.vault.key_cache import KeyCache

A, B, C = (uuid.UUID(int=number) for number in (1, 2, 3))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def key(tenant_id: uuid.UUID, version: int = 1) -> TenantKey:
    return TenantKey(tenant_id, version, bytes(32))


def test_an_entry_ends_a_minute_after_its_row_was_read_however_often_it_is_used() -> None:
    clock = Clock()
    cache = KeyCache(limit=10, seconds=60, clock=clock)
    kept = key(A)
    cache.put(kept, is_active=True, read_at=clock.now - 10)
    clock.now += 49.9
    assert cache.get(A, None) is kept
    assert cache.get(A, 1) is kept
    clock.now += 0.2
    assert cache.get(A, None) is None
    assert cache.get(A, 1) is None
    assert len(cache) == 0


def test_the_oldest_entries_make_room() -> None:
    cache = KeyCache(limit=4, seconds=60)
    for tenant_id in (A, B, C):
        cache.put(key(tenant_id), is_active=True, read_at=cache.clock())
    assert len(cache) == 4
    assert cache.get(A, None) is None
    assert cache.get(C, None) is not None


def test_an_old_version_does_not_become_the_active_one() -> None:
    cache = KeyCache(limit=4, seconds=60)
    old, new = key(A, 1), key(A, 2)
    cache.put(new, is_active=True, read_at=cache.clock())
    cache.put(old, is_active=False, read_at=cache.clock())
    assert cache.get(A, None) is new
    assert cache.get(A, 1) is old


def test_forgetting_one_tenant_leaves_the_others() -> None:
    cache = KeyCache(limit=8, seconds=60)
    for tenant_id in (A, B):
        cache.put(key(tenant_id), is_active=True, read_at=cache.clock())
    cache.forget(A)
    assert (cache.get(A, None), cache.get(A, 1)) == (None, None)
    assert cache.get(B, None) is not None
    assert repr(cache) == "<KeyCache of 2>"
