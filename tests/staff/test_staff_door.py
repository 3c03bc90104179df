"""What each staff role may do, of which tenants, and what the audit log says of it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from tenants import scope
from tenants.models import AuditEntry, StaffAssignment, StaffNote, StaffRole, Standing, Tenant, User
from tenants.services import staff, staff_door, standings
from tenants.services.staff import May, NotAllowed, ReasonNeeded
from tenants.services.staff_door import NotAssigned
from tenants.services.standings import Place, Trouble

LOOKERS = {"account_manager", "support", "superuser"}
ACTORS = {"account_manager", "superuser"}


def told(tenant: Tenant, prefix: str = "staff.") -> list[tuple[str, str, str]]:
    """(action, who, reason) of the tenant's own log, oldest first."""
    with scope.tenant(tenant.pk):
        rows = AuditEntry.objects.filter(action__startswith=prefix).order_by("id")
        return [(row.action, row.actor.email if row.actor else "", row.reason) for row in rows]


def assign_all(people: dict[str, User], tenant: Tenant) -> None:
    for name, person in people.items():
        if name != "stranger":
            assert staff.assign(tenant_id=tenant.pk, staff=person, actor=None)


@pytest.mark.parametrize("role", [*StaffRole.values, "stranger"])
def test_who_may_look_and_act(
    ours: Tenant, theirs: Tenant, people: dict[str, User], role: str
) -> None:
    assign_all(people, ours)
    person = people[role]
    before = len(told(ours))
    for slug, is_assigned in ((ours.slug, True), (theirs.slug, False), ("nobody", False)):
        if role in LOOKERS and is_assigned:
            with staff_door.looking(person, slug, at="the account") as tenant:
                assert (tenant.pk, scope.current()) == (ours.pk, ours.pk)
                assert StaffAssignment.objects.exclude(tenant=ours).count() == 0
        else:
            with (
                pytest.raises(NotAssigned if role in LOOKERS else NotAllowed),
                staff_door.looking(person, slug, at="the account"),
            ):
                pytest.fail("it opened")
        if role in ACTORS and is_assigned:
            with staff_door.acting(person, slug, act="test", reason="they rang us"):
                assert scope.current() == ours.pk
        else:
            with (
                pytest.raises(NotAssigned if role in ACTORS else NotAllowed),
                staff_door.acting(person, slug, act="test", reason="they rang us"),
            ):
                pytest.fail("it opened")
    wanted = [("staff.looked", person.email, "")] if role in LOOKERS else []
    wanted += [("staff.acted", person.email, "they rang us")] if role in ACTORS else []
    assert told(ours)[before:] == wanted
    assert told(theirs) == []


def test_an_act_without_a_reason_changes_nothing(ours: Tenant, people: dict[str, User]) -> None:
    assign_all(people, ours)
    before = told(ours)
    for reason in ("", "    ", "ok", "\x00\x00\x00\x00\x00"):
        with (
            pytest.raises(ReasonNeeded),
            staff_door.acting(people["account_manager"], ours.slug, act="test", reason=reason),
        ):
            pytest.fail("it opened")
    assert told(ours) == before


def test_nothing_is_set_going_in_an_account_that_is_being_erased(
    ours: Tenant, people: dict[str, User]
) -> None:
    assign_all(people, ours)
    with scope.tenant(ours.pk):
        Tenant.objects.update(erasing_since=timezone.now())
    manager = people["account_manager"]
    for way in (staff_door.acting, staff_door.beginning):
        with (
            pytest.raises(NotAllowed, match="is being erased"),
            way(manager, ours.slug, act="resume", reason="they rang us"),
        ):
            pytest.fail("it opened")
    with pytest.raises(NotAllowed, match="is being erased"):
        staff_door.write_note(manager, ours.slug, text="Rang.", form_id=uuid4(), now=timezone.now())


def test_an_act_that_fails_is_not_told_as_done(ours: Tenant, people: dict[str, User]) -> None:
    assign_all(people, ours)
    person = people["account_manager"]
    before = told(ours)
    with (
        pytest.raises(RuntimeError, match="stop"),
        staff_door.acting(person, ours.slug, act="test", reason="they rang us"),
    ):
        raise RuntimeError("stop")
    assert told(ours) == before
    # Looking and then failing leaves a trace.
    with pytest.raises(RuntimeError, match="stop"), staff_door.looking(person, ours.slug, at="x"):
        raise RuntimeError("stop")
    assert told(ours)[len(before) :] == [("staff.looked", person.email, "")]


def test_an_assignment_that_ended_opens_nothing(ours: Tenant, people: dict[str, User]) -> None:
    person, boss = people["support"], people["superuser"]
    assert staff.assign(tenant_id=ours.pk, staff=person, actor=boss, reason="new customer")
    assert not staff.assign(tenant_id=ours.pk, staff=person, actor=boss, reason="new customer")
    assert [row.pk for row in staff.assigned(person)] == [ours.pk]
    now = timezone.now()
    assert staff.release(tenant_id=ours.pk, staff=person, actor=boss, now=now, reason="moved on")
    assert not staff.release(
        tenant_id=ours.pk, staff=person, actor=boss, now=now, reason="moved on"
    )
    assert list(staff.assigned(person)) == []
    with pytest.raises(NotAssigned):
        staff_door.admitted(person, ours.slug, May.LOOK)
    assert told(ours) == [
        ("staff.assigned", boss.email, "new customer"),
        ("staff.released", boss.email, "moved on"),
    ]
    assert staff.assign(tenant_id=ours.pk, staff=person, actor=boss, reason="back again")


def test_a_role_taken_back_opens_nothing_though_assignments_stay(
    ours: Tenant, people: dict[str, User]
) -> None:
    assign_all(people, ours)
    person, boss = people["account_manager"], people["superuser"]
    staff.appoint(user=person, role=None, actor=boss, reason="has left us")
    person.refresh_from_db()
    assert (person.is_staff, person.is_superuser, person.staff_role) == (False, False, "")
    assert list(staff.assigned(person)) == []
    with pytest.raises(NotAllowed):
        staff_door.admitted(person, ours.slug, May.LOOK)
    with scope.door("check"):
        entry = AuditEntry.objects.filter(action="staff.role_changed").latest("id")
    assert (entry.actor_id, entry.before, entry.after, entry.reason) == (
        boss.pk,
        {"role": "account_manager"},
        {"role": ""},
        "has left us",
    )


@pytest.mark.parametrize("role", [one for one in StaffRole.values if one != "superuser"])
def test_only_superusers_give_roles_and_tenants(
    ours: Tenant, people: dict[str, User], role: str
) -> None:
    person = people[role]
    with pytest.raises(NotAllowed):
        staff.assign(tenant_id=ours.pk, staff=person, actor=person, reason="I would like to")
    with pytest.raises(NotAllowed):
        staff.appoint(user=person, role=StaffRole.SUPERUSER, actor=person, reason="I would like to")
    person.refresh_from_db()
    assert (person.staff_role, told(ours)) == (role, [])


def test_nobody_changes_their_own_role(people: dict[str, User]) -> None:
    boss = people["superuser"]
    with pytest.raises(NotAllowed, match="Another superuser"):
        staff.appoint(user=boss, role=StaffRole.SUPPORT, actor=boss, reason="less to do")


def test_who_is_no_staff_is_assigned_nothing(ours: Tenant, people: dict[str, User]) -> None:
    with pytest.raises(NotAllowed, match="none of our staff"):
        staff.assign(tenant_id=ours.pk, staff=people["stranger"], actor=None)


def test_postgresql_itself_shows_staff_only_what_is_assigned(
    ours: Tenant, theirs: Tenant, people: dict[str, User]
) -> None:
    person = people["support"]
    staff.assign(tenant_id=ours.pk, staff=person, actor=None)
    now = timezone.now()
    for tenant in (ours, theirs):
        with scope.tenant(tenant.pk):
            standings.keep([Trouble("x", 9, "", "It is so.", now)], steps={}, now=now)
            StaffNote.objects.create(author=person, form_id=uuid4(), text="a note")
    with scope.user(person.pk):
        assert [row.pk for row in Tenant.objects.all()] == [ours.pk]
        assert [row.tenant_id for row in Standing._base_manager.all()] == [ours.pk]
        with pytest.raises(DatabaseError), transaction.atomic():
            StaffNote._base_manager.count()
        assert Standing._base_manager.update(urgency=1) == 0
        assert StaffAssignment._base_manager.update(ended_at=now) == 0
    with scope.user(people["finance"].pk):
        assert Tenant.objects.count() == Standing._base_manager.count() == 0


def test_the_work_list_goes_on_where_its_page_ended(people: dict[str, User]) -> None:
    person = people["account_manager"]
    now = timezone.now()
    with scope.door("rows for the test"):
        made = Tenant.objects.bulk_create(
            [Tenant(name=f"Shop {number:02}", slug=f"shop-{number:02}") for number in range(25)]
        )
        StaffAssignment.objects.bulk_create(
            [StaffAssignment(tenant=one, staff=person) for one in made[:24]]
        )
        Standing.objects.bulk_create(
            [
                Standing(tenant=one, urgency=number % 4 * 10, since=now, looked_at=now)
                for number, one in enumerate(made)
            ]
        )
    seen: list[Standing] = []
    after: Place | None = None
    while page := standings.work_list(person, after=after, limit=5):
        seen += page
        after = Place.parse(str(standings.place_of(page[-1])))
        assert after is not None
    wanted = [
        f"shop-{number:02}" for rest in (3, 2, 1) for number in range(24) if number % 4 == rest
    ]
    assert [row.tenant.slug for row in seen] == wanted
    names: list[str] = []
    last = None
    while found := staff.assigned(person, after=last, limit=7):
        names += [one.slug for one in found]
        last = (found[-1].name, found[-1].pk)
    assert names == [one.slug for one in made[:24]]
    assert [one.slug for one in staff.assigned(person, named="shop 07")] == ["shop-07"]


@pytest.mark.parametrize(
    "text", ["", "1_2_3", "1_2026-01-01T00:00:00_5", "99999999_x_1", "a_b_c_d"]
)
def test_a_place_that_makes_no_sense_is_the_beginning(text: str) -> None:
    assert Place.parse(text) is None


def test_a_note_sent_twice_is_one_note(ours: Tenant, people: dict[str, User]) -> None:
    assign_all(people, ours)
    form, now = uuid4(), timezone.now()
    person = people["account_manager"]
    assert staff_door.write_note(
        person, ours.slug, text="Rang.\nAll is well.", form_id=form, now=now
    )
    assert not staff_door.write_note(person, ours.slug, text="Rang.", form_id=form, now=now)
    with pytest.raises(ValueError, match="1 to 4,000"):
        staff_door.write_note(person, ours.slug, text="  ", form_id=uuid4(), now=now)
    with pytest.raises(NotAllowed):
        staff_door.write_note(people["support"], ours.slug, text="Hm.", form_id=uuid4(), now=now)
    with scope.tenant(ours.pk):
        assert [row.text for row in staff_door.notes()] == ["Rang.\nAll is well."]
    assert [row[0] for row in told(ours, "staff.acted")] == ["staff.acted"]


def test_bills_are_seen_by_all_roles_and_kept_by_finance(
    ours: Tenant, people: dict[str, User]
) -> None:
    assign_all(people, ours)
    for role, person in people.items():
        sees, keeps = role in StaffRole.values, role in ("finance", "superuser")
        assert (staff.may(person, May.BILL), staff.may(person, May.KEEP_BOOKS)) == (sees, keeps)
    finance = people["finance"]
    before = len(told(ours))
    with staff_door.looking(finance, ours.slug, at="bills", needs=May.BILL):
        pass
    with staff_door.acting(
        finance, ours.slug, act="pay", reason="they paid", needs=May.KEEP_BOOKS
    ) as tenant:
        assert tenant.pk == ours.pk
    with (
        pytest.raises(NotAllowed),
        staff_door.acting(
            people["support"], ours.slug, act="pay", reason="they paid", needs=May.KEEP_BOOKS
        ),
    ):
        pytest.fail("it opened")
    assert told(ours)[before:] == [
        ("staff.looked", finance.email, ""),
        ("staff.acted", finance.email, "they paid"),
    ]
