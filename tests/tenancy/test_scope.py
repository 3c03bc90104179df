"""Opening, nesting and leaving scopes."""

from __future__ import annotations

import logging
import threading
import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tenants import scope
from tenants.models import AuditEntry, Membership, Role, Tenant, User
from tenants.services import audit
from tenants.services.members import create_tenant, memberships_of


def state() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, current_setting('role'), "
            "coalesce(current_setting('clarity.tenant', true), ''), "
            "coalesce(current_setting('clarity.user', true), '')"
        )
        return cursor.fetchone()


OUTSIDE = ("clarity_app", "clarity_app", "", "")


def test_a_scope_shows_its_tenant_and_ends(ours: Tenant) -> None:
    assert scope.maybe_current() is None
    with scope.tenant(ours.pk):
        assert scope.current() == scope.maybe_current() == ours.pk
        assert state()[2] == str(ours.pk)
        assert Membership.objects.get().user.email == "ours@example.com"
    assert state() == OUTSIDE
    with pytest.raises(scope.ScopeMissing):
        scope.current()
    with pytest.raises(scope.ScopeMissing):
        Membership.objects.count()


def test_the_same_tenants_scope_inside_costs_nothing_and_ends_nothing(ours: Tenant) -> None:
    with scope.tenant(ours.pk):
        with (
            CaptureQueriesContext(
                connection,
            ) as queries,
            scope.tenant(ours.pk),
        ):
            assert scope.current() == ours.pk
        assert len(queries) == 0
        assert scope.current() == ours.pk
        assert Membership.objects.count() == 1


def test_another_scope_inside_is_refused(ours: Tenant, theirs: Tenant) -> None:
    with scope.tenant(ours.pk):
        for other in (scope.tenant(theirs.pk), scope.door("peek"), scope.user(uuid.uuid4())):
            with pytest.raises(scope.ScopeError), other:
                pytest.fail("it opened")
        assert scope.current() == ours.pk
    with scope.door("look"):
        for other in (scope.tenant(ours.pk), scope.user(uuid.uuid4())):
            with pytest.raises(scope.ScopeError), other:
                pytest.fail("it opened")
    with scope.user(uuid.uuid4()):
        for other in (scope.tenant(ours.pk), scope.door("peek"), scope.user(uuid.uuid4())):
            with pytest.raises(scope.ScopeError), other:
                pytest.fail("it opened")
    assert state() == OUTSIDE


@pytest.mark.django_db(transaction=True)
def test_a_scope_is_one_transaction_with_one_statement() -> None:
    tenant = create_tenant(name="Shop", owner_email="owner@example.com")
    with CaptureQueriesContext(connection) as queries, scope.tenant(tenant.pk):
        pass
    assert [query["sql"].split()[0] for query in queries] == ["BEGIN", "SELECT", "COMMIT"]
    assert state() == OUTSIDE


@pytest.mark.django_db(transaction=True)
def test_a_failed_scope_writes_nothing_and_leaves_nothing_behind() -> None:
    tenant = create_tenant(name="Shop", owner_email="owner@example.com")

    def rename_and_fail() -> None:
        Tenant.objects.filter(pk=tenant.pk).update(name="Changed")
        raise RuntimeError("stop")

    for opened in (scope.tenant(tenant.pk), scope.door("look")):
        with pytest.raises(RuntimeError, match="stop"), opened:
            rename_and_fail()
        assert state() == OUTSIDE
        assert scope.active() is None
    with scope.tenant(tenant.pk):
        assert Tenant.objects.get().name == "Shop"


def test_a_failed_scope_inside_a_transaction_leaves_nothing_behind(ours: Tenant) -> None:
    for opened in (scope.tenant(ours.pk), scope.door("look"), scope.user(uuid.uuid4())):
        with pytest.raises(RuntimeError, match="stop"), opened:
            raise RuntimeError("stop")
        assert state() == OUTSIDE


@pytest.mark.django_db(transaction=True)
def test_on_commit_runs_after_the_scope_and_may_open_its_own() -> None:
    tenant = create_tenant(name="Shop", owner_email="owner@example.com")
    seen: list[object] = []

    def after() -> None:
        seen.append(scope.active())
        with scope.tenant(tenant.pk):
            seen.append(Membership.objects.count())

    with scope.tenant(tenant.pk):
        transaction.on_commit(after)
    assert seen == [None, 1]


def test_a_thread_starts_without_a_scope(ours: Tenant) -> None:
    seen: list[object] = []
    with scope.tenant(ours.pk):
        thread = threading.Thread(target=lambda: seen.append(scope.active()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_rows_get_the_scopes_tenant_and_no_other(ours: Tenant, theirs: Tenant) -> None:
    people = [User.objects.create_user(f"p{number}@example.com") for number in range(4)]
    with scope.tenant(ours.pk):
        row = Membership.objects.create(user=people[0], role=Role.VIEWER)
        assert row.tenant_id == ours.pk
        (bulk,) = Membership.objects.bulk_create([Membership(user=people[1], role=Role.ADMIN)])
        assert bulk.tenant_id == ours.pk
        wrong = Membership(user=people[2], role=Role.ADMIN, tenant=theirs)
        with pytest.raises(scope.WrongTenant):
            wrong.save()
        with pytest.raises(scope.WrongTenant):
            Membership.objects.bulk_create([wrong])
        assert Membership.objects.count() == 3
    with pytest.raises(scope.ScopeMissing):
        Membership(user=people[3], role=Role.ADMIN, tenant=ours).save()
    with scope.door("invite"):
        with pytest.raises(scope.ScopeMissing):
            Membership(user=people[3], role=Role.ADMIN).save()
        Membership(user=people[3], role=Role.ADMIN, tenant=theirs).save()
        assert Membership.objects.count() == 5


def test_the_door_sees_all_and_says_so(
    ours: Tenant, theirs: Tenant, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("tenants"), "propagate", True)
    staff = User.objects.create_user("staff@example.com", is_staff=True)
    with caplog.at_level("INFO", "tenants.scope"), scope.door("support case 7", actor=staff):
        assert state()[0] == "clarity_staff"
        assert Membership.objects.count() == 2
        entry = AuditEntry.objects.get(action="door.opened")
        assert (entry.actor_id, entry.reason) == (staff.pk, "support case 7")
        assert entry.tenant_id is None
        with scope.door("again", actor=staff):
            assert AuditEntry.objects.filter(action="door.opened").count() == 2
    assert f"support case 7 (actor {staff.pk})" in caplog.text
    assert "staff@example.com" not in caplog.text
    assert state() == OUTSIDE
    with pytest.raises(ValueError, match="reason"), scope.door("  "):
        pytest.fail("it opened")


@pytest.mark.django_db(transaction=True)
def test_looking_and_then_failing_leaves_a_trace() -> None:
    staff = User.objects.create_user("staff@example.com", is_staff=True)
    with pytest.raises(RuntimeError, match="stop"), scope.door("look", actor=staff):
        raise RuntimeError("stop")
    with scope.door("check"):
        assert AuditEntry.objects.filter(action="door.opened", actor=staff).count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tenants_auditentry SET reason = 'other'",
        "DELETE FROM tenants_auditentry",
    ],
)
def test_audit_entries_are_only_added(ours: Tenant, statement: str) -> None:
    def attempt() -> None:
        with (
            pytest.raises(DatabaseError, match="only added"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    with scope.tenant(ours.pk):
        audit.record(action="test", reason="as it was")
        attempt()
    with scope.door("rewrite history"):
        attempt()
        assert list(AuditEntry.objects.filter(action="test").values_list("reason", flat=True)) == [
            "as it was"
        ]


def test_an_audit_entry_belongs_to_the_scope(ours: Tenant, theirs: Tenant) -> None:
    with scope.tenant(ours.pk):
        assert audit.record(action="a").tenant_id == ours.pk
        with pytest.raises(scope.WrongTenant):
            audit.record(action="b", tenant_id=theirs.pk)
    with scope.door("look"):
        assert audit.record(action="c", tenant_id=theirs.pk).tenant_id == theirs.pk
        assert audit.record(action="d").tenant_id is None
    with pytest.raises(scope.ScopeMissing):
        audit.record(action="e")


def test_a_user_lists_their_own_tenants_without_the_door(ours: Tenant, theirs: Tenant) -> None:
    person = User.objects.get(email="ours@example.com")
    assert [(row.tenant, row.role) for row in memberships_of(person)] == [(ours, "owner")]
    third = create_tenant(name="A third", owner_email="OURS@example.com")
    assert [row.tenant for row in memberships_of(person)] == [third, ours]
    with scope.user(person.pk):
        assert Membership._base_manager.update(role=Role.VIEWER) == 0
        assert Membership._base_manager.count() == 2


def test_a_tenant_is_made_whole_or_not_at_all(ours: Tenant) -> None:
    same = create_tenant(name="Our shop", owner_email="new@example.com", password="a long one 1")
    assert same.slug.startswith("our-shop-")
    assert User.objects.get(email="new@example.com").check_password("a long one 1")
    with pytest.raises(ValueError, match="e-mail"):
        create_tenant(name="Nobody's", owner_email="")
    with scope.door("count"):
        assert Tenant.objects.count() == 2


def test_an_e_mail_address_is_taken_in_any_case(db: None) -> None:
    person = User.objects.create_user("Test.Buyer@Example.com")
    assert person.email == "test.buyer@example.com"
    assert User.objects.get_by_natural_key("TEST.BUYER@example.com") == person
    with pytest.raises(DatabaseError), transaction.atomic():
        User.objects.create_user("TEST.buyer@example.com")
    with pytest.raises(DatabaseError, match="lower_case"), transaction.atomic():
        User.objects.filter(pk=person.pk).update(email="Loud@example.com")
