"""Keys are renewed while everything goes on working, and nothing is lost by it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from pytest_django import Settings

from integrations.models import Credential, DataKey, Payload
from integrations.vault import keyring, rotation, sealing, store
from integrations.vault.errors import MasterKeyMissing, NoSuchTenant
from integrations.vault.pruning import GRACE, prune
from integrations.vault.tests.conftest import MASTER_A, MASTER_B, make_connection
from tenants import scope

BODY = ["inbox", "body"]
AT_ONCE = timedelta(0)


def wrapped_by(tenant_id: uuid.UUID) -> list[tuple[int, str, bool]]:
    with scope.tenant(tenant_id):
        rows = DataKey.objects.order_by("version")
        return list(rows.values_list("version", "master_key_id", "is_active"))


def keep(tenant_id: uuid.UUID, plaintext: bytes) -> int:
    with scope.tenant(tenant_id):
        sealed = sealing.seal(tenant_id, BODY, plaintext)
        return Payload.objects.create(context="inbox/body", sealed=sealed).pk


def load(tenant_id: uuid.UUID, payload_id: int) -> bytes:
    with scope.tenant(tenant_id):
        sealed = Payload.objects.get(pk=payload_id).sealed
        return sealing.open_sealed(tenant_id, BODY, sealed)


class TestMasterKey:
    def test_every_data_key_moves_and_everything_still_opens(
        self, make_tenant: Callable[[str], uuid.UUID], settings: Settings
    ) -> None:
        tenants = [make_tenant(f"shop-{number}") for number in range(5)]
        payloads = {each: keep(each, each.bytes) for each in tenants}
        keyring.add_version(tenants[0])
        settings.CLARITY_MASTER_KEYS = [MASTER_B, MASTER_A]
        seen: list[tuple[int, int]] = []

        done = rotation.rotate_master(batch=2, progress=lambda *step: seen.append(step))

        assert (done.rewrapped, done.remaining, done.broken) == (6, 0, [])
        assert (done.active_id, done.data_keys) == ("2026b", {"2026b": 6})
        assert seen == [(2, 6), (4, 6), (6, 6)]
        settings.CLARITY_MASTER_KEYS = [MASTER_B]
        keyring.cache.clear()
        assert {each: load(each, payloads[each]) for each in tenants} == {
            each: each.bytes for each in tenants
        }

    def test_it_may_be_repeated(self, tenant_id: uuid.UUID, settings: Settings) -> None:
        keyring.current_key(tenant_id)
        settings.CLARITY_MASTER_KEYS = [MASTER_B, MASTER_A]
        assert rotation.rotate_master().rewrapped == 1
        assert rotation.rotate_master().rewrapped == 0

    def test_an_interrupted_run_is_taken_up(
        self, make_tenant: Callable[[str], uuid.UUID], settings: Settings
    ) -> None:
        for number in range(4):
            keyring.current_key(make_tenant(f"shop-{number}"))
        settings.CLARITY_MASTER_KEYS = [MASTER_B, MASTER_A]

        def interrupt(done: int, _total: int) -> None:
            if done == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            rotation.rotate_master(batch=1, progress=interrupt)
        assert rotation.rotate_master(check=True).data_keys == {"2026a": 2, "2026b": 2}
        done = rotation.rotate_master()
        assert (done.rewrapped, done.remaining) == (2, 0)

    def test_two_at_once_share_the_work(
        self, make_tenant: Callable[[str], uuid.UUID], settings: Settings
    ) -> None:
        for number in range(6):
            keyring.current_key(make_tenant(f"shop-{number}"))
        settings.CLARITY_MASTER_KEYS = [MASTER_B, MASTER_A]
        start = threading.Barrier(2)

        def rotate(_: int) -> rotation.MasterRotation:
            try:
                start.wait(timeout=30)
                return rotation.rotate_master(batch=1)
            finally:
                database.close()

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(rotate, range(2)))
        assert sum(each.rewrapped for each in done) == 6
        assert [each.data_keys for each in done] == [{"2026b": 6}] * 2

    def test_checking_writes_nothing(self, tenant_id: uuid.UUID, settings: Settings) -> None:
        keyring.current_key(tenant_id)
        settings.CLARITY_MASTER_KEYS = [MASTER_B]
        found = rotation.rotate_master(check=True)
        assert (found.data_keys, found.missing_ids, found.remaining) == ({"2026a": 1}, ["2026a"], 1)
        assert wrapped_by(tenant_id) == [(1, "2026a", True)]

    def test_without_the_old_master_key_nothing_is_written(
        self, tenant_id: uuid.UUID, other_tenant_id: uuid.UUID, settings: Settings
    ) -> None:
        keyring.current_key(tenant_id)
        settings.CLARITY_MASTER_KEYS = [MASTER_B, MASTER_A]
        keyring.current_key(other_tenant_id)
        settings.CLARITY_MASTER_KEYS = [MASTER_A.replace("2026a", "2027"), MASTER_B]
        with pytest.raises(MasterKeyMissing, match="'2026a', which is not in"):
            rotation.rotate_master()
        assert wrapped_by(tenant_id) == [(1, "2026a", True)]
        assert wrapped_by(other_tenant_id) == [(1, "2026b", True)]

    def test_a_broken_data_key_is_told_and_stops_no_other(
        self, tenant_id: uuid.UUID, other_tenant_id: uuid.UUID, settings: Settings
    ) -> None:
        for each in (tenant_id, other_tenant_id):
            keyring.current_key(each)
        with scope.tenant(tenant_id):
            DataKey.objects.update(wrapped=b"\0" * 60)
        settings.CLARITY_MASTER_KEYS = [MASTER_B, MASTER_A]
        done = rotation.rotate_master()
        assert (done.rewrapped, done.remaining, len(done.broken)) == (1, 1, 1)
        assert str(tenant_id) in done.broken[0]
        assert wrapped_by(other_tenant_id) == [(1, "2026b", True)]


class TestTenantKey:
    def test_credentials_move_and_payloads_stay_readable(
        self, tenant_id: uuid.UUID, connection_id: uuid.UUID
    ) -> None:
        with scope.tenant(tenant_id):
            store.put(connection_id, {"access_token": "a", "refresh_token": "b"})
            since = store.fields(connection_id)
        old = keep(tenant_id, b"old")

        done = rotation.rotate_tenant(tenant_id)

        assert (done.version, done.resealed, done.remaining, done.broken) == (2, 2, 0, [])
        assert wrapped_by(tenant_id) == [(1, "2026a", False), (2, "2026a", True)]
        new = keep(tenant_id, b"new")
        with scope.tenant(tenant_id):
            assert store.get_all(connection_id) == {"access_token": "a", "refresh_token": "b"}
            assert store.fields(connection_id) == since
            assert set(Credential.objects.values_list("key_version", flat=True)) == {2}
            headers = {pk: bytes(s)[2:6] for pk, s in Payload.objects.values_list("pk", "sealed")}
        assert headers == {old: b"\0\0\0\1", new: b"\0\0\0\2"}
        assert (load(tenant_id, old), load(tenant_id, new)) == (b"old", b"new")

    def test_no_error_and_no_lost_update_while_it_rotates(
        self, tenant_id: uuid.UUID, connection_id: uuid.UUID
    ) -> None:
        """Four writers renew token pairs and four readers read them through six rotations."""
        connections = [connection_id, *(make_connection(tenant_id, f"S{n}") for n in range(3))]
        for each in connections:
            with scope.tenant(tenant_id):
                store.put(each, {"access_token": "0", "refresh_token": "0"})
        stop = threading.Event()
        last = dict.fromkeys(connections, 0)

        def renew(which: uuid.UUID) -> int:
            try:
                while not stop.is_set():
                    value = last[which] + 1
                    with scope.tenant(tenant_id):
                        found = store.get_all(which)
                        assert found == dict.fromkeys(found, str(value - 1))
                        assert len(found) == 2
                        store.put(which, dict.fromkeys(found, str(value)))
                    last[which] = value
                return last[which]
            finally:
                database.close()

        def read(which: uuid.UUID) -> int:
            reads = 0
            try:
                while not stop.is_set():
                    with scope.tenant(tenant_id):
                        pair = store.get_all(which)
                    assert pair["access_token"] == pair["refresh_token"]
                    reads += 1
                return reads
            finally:
                database.close()

        with ThreadPoolExecutor(8) as pool:
            work = [pool.submit(job, each) for each in connections for job in (renew, read)]
            try:
                rotations = [rotation.rotate_tenant(tenant_id) for _ in range(6)]
            finally:
                stop.set()
            counts = [job.result() for job in work]
        assert min(counts) > 0
        assert [each.version for each in rotations] == [2, 3, 4, 5, 6, 7]
        assert [(each.remaining, each.broken) for each in rotations] == [(0, [])] * 6
        keyring.cache.clear()
        with scope.tenant(tenant_id):
            for each in connections:
                pair = dict.fromkeys(("access_token", "refresh_token"), str(last[each]))
                assert store.get_all(each) == pair
            assert set(Credential.objects.values_list("key_version", flat=True)) == {7}

    def test_a_credential_being_written_is_waited_for(
        self, tenant_id: uuid.UUID, connection_id: uuid.UUID
    ) -> None:
        with scope.tenant(tenant_id):
            store.put(connection_id, {"access_token": "old"})
        written = threading.Event()

        def rotate() -> rotation.TenantRotation:
            try:
                assert written.wait(timeout=30)
                return rotation.rotate_tenant(tenant_id)
            finally:
                database.close()

        with ThreadPoolExecutor(1) as pool:
            with scope.tenant(tenant_id):
                store.put(connection_id, {"access_token": "new"})
                job = pool.submit(rotate)
                written.set()
                # The rotation has to stand at the row until this transaction commits.
                with pytest.raises(TimeoutError):
                    job.result(timeout=0.5)
            assert job.result(timeout=30).resealed == 1
        with scope.tenant(tenant_id):
            assert store.get_all(connection_id) == {"access_token": "new"}

    def test_one_broken_credential_stops_no_other(
        self, tenant_id: uuid.UUID, connection_id: uuid.UUID
    ) -> None:
        with scope.tenant(tenant_id):
            store.put(connection_id, {"a": "1", "b": "2", "c": "3"})
            Credential.objects.filter(field="b").update(sealed=b"\1" + b"\0" * 60)
        done = rotation.rotate_tenant(tenant_id)
        assert (done.resealed, done.remaining, len(done.broken)) == (2, 1, 1)
        assert f"credential/{connection_id}/b" in done.broken[0]
        assert prune(tenant_id, grace=AT_ONCE) == []

    def test_without_the_master_key_nothing_is_written(
        self, tenant_id: uuid.UUID, settings: Settings
    ) -> None:
        keyring.current_key(tenant_id)
        settings.CLARITY_MASTER_KEYS = [MASTER_B]
        with pytest.raises(MasterKeyMissing):
            rotation.rotate_tenant(tenant_id)
        assert wrapped_by(tenant_id) == [(1, "2026a", True)]

    def test_a_tenant_without_a_key_gets_none(self, tenant_id: uuid.UUID) -> None:
        assert rotation.rotate_tenant(tenant_id).version is None
        assert wrapped_by(tenant_id) == []

    def test_by_slug_by_id_and_all(self, tenant_id: uuid.UUID, other_tenant_id: uuid.UUID) -> None:
        for each in (tenant_id, other_tenant_id):
            keyring.current_key(each)
        by_slug = list(rotation.rotate_tenants("second"))
        by_id = list(rotation.rotate_tenants(str(tenant_id)))
        both = list(rotation.rotate_tenants(None))
        assert [(each.slug, each.version) for each in by_slug + by_id + both] == [
            ("second", 2),
            ("first", 2),
            ("first", 3),
            ("second", 3),
        ]
        for wrong in ("third", str(uuid.UUID(int=3))):
            with pytest.raises(NoSuchTenant, match=wrong):
                list(rotation.rotate_tenants(wrong))

    def test_a_tenant_that_fails_stops_no_other(
        self, tenant_id: uuid.UUID, other_tenant_id: uuid.UUID
    ) -> None:
        for each in (tenant_id, other_tenant_id):
            keyring.current_key(each)
        with scope.tenant(tenant_id):
            DataKey.objects.update(wrapped=b"\0" * 60)
        first, second = rotation.rotate_tenants(None)
        assert (first.version, len(first.broken)) == (None, 1)
        assert (second.version, second.broken) == (2, [])
        assert wrapped_by(tenant_id) == [(1, "2026a", True)]


class TestPruning:
    def test_an_old_key_stays_while_a_payload_needs_it(self, tenant_id: uuid.UUID) -> None:
        payload_id = keep(tenant_id, b"old")
        rotation.rotate_tenant(tenant_id)
        assert prune(tenant_id, grace=AT_ONCE) == []
        assert load(tenant_id, payload_id) == b"old"
        with scope.tenant(tenant_id):
            Payload.objects.all().delete()
        assert prune(tenant_id, grace=AT_ONCE) == [1]
        assert prune(tenant_id, grace=AT_ONCE) == []
        assert wrapped_by(tenant_id) == [(2, "2026a", True)]

    def test_another_tenants_payloads_do_not_count(
        self, tenant_id: uuid.UUID, other_tenant_id: uuid.UUID
    ) -> None:
        keyring.current_key(tenant_id)
        theirs = keep(other_tenant_id, b"theirs")
        rotation.rotate_tenant(tenant_id)
        assert prune(tenant_id, grace=AT_ONCE) == [1]
        assert load(other_tenant_id, theirs) == b"theirs"

    def test_a_key_stays_for_an_hour_after_it_was_retired(self, tenant_id: uuid.UUID) -> None:
        keyring.current_key(tenant_id)
        [done] = rotation.rotate_tenants("first", drop_unused=True)
        assert (done.version, done.pruned) == (2, [])
        with scope.tenant(tenant_id):
            successor = DataKey.objects.get(version=2)
            earlier = successor.created_at - GRACE - timedelta(seconds=1)
            DataKey.objects.filter(version=2).update(created_at=earlier)
        [done] = rotation.rotate_tenants("first", rotate=False, drop_unused=True)
        assert (done.version, done.pruned) == (None, [1])

    def test_the_hook_can_keep_a_key(self, tenant_id: uuid.UUID) -> None:
        for _ in range(3):
            keyring.current_key(tenant_id)
            rotation.rotate_tenant(tenant_id)
        asked: list[int] = []

        def still_used(version: int) -> bool:
            asked.append(version)
            return version == 2

        assert prune(tenant_id, still_used=still_used, grace=AT_ONCE) == [1, 3]
        assert asked == [1, 2, 3]
        assert [row[0] for row in wrapped_by(tenant_id)] == [2, 4]

    def test_nothing_is_removed_unless_asked(self, tenant_id: uuid.UUID) -> None:
        keyring.current_key(tenant_id)
        with scope.tenant(tenant_id):
            DataKey.objects.update(created_at="2020-01-01T00:00:00Z")
        assert [done.pruned for done in rotation.rotate_tenants("first")] == [[]]
        assert [row[0] for row in wrapped_by(tenant_id)] == [1, 2]
