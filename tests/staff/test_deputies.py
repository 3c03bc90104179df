"""Acting on behalf: who may, what stays shut, how it ends, and what the account sees of it."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from clarity.web.deputies.limits import is_shut
from integrations.models import Pair, PairState
from tenants import on_behalf, scope
from tenants.billing.services import access
from tenants.billing.services import pairs as billed_pairs
from tenants.billing.services.problems import NotAllowed as Forbidden
from tenants.models import AuditEntry, Deputation, Membership, Role, StaffRole, User
from tenants.scope import ScopeError
from tenants.services import deputations, staff
from tenants.services.deputations import CannotStandIn, OwnerNeeded
from tenants.services.staff import NotAllowed, ReasonNeeded
from tenants.services.staff_door import NotAssigned
from tests.staff.conftest import colleague
from tests.staff.signing_in import browser_of
from tests.web.every_page import addresses, objects, opened
from tests.web.shops import Shop, make_shop

WHY = "they rang: orders are stuck"


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop("Harbour Goods")


@pytest.fixture
def ada(shop: Shop) -> User:
    person = colleague("ada", StaffRole.ACCOUNT_MANAGER)
    staff.assign(tenant_id=shop.tenant.pk, staff=person, actor=None)
    return person


def taken(person: User, shop: Shop, *, minutes: str = "15") -> Client:
    client = browser_of(person)
    answer = client.post(
        f"/admin/accounts/{shop.tenant.slug}/on-behalf/", {"minutes": minutes, "reason": WHY}
    )
    assert answer["Location"] == f"/t/{shop.tenant.slug}/"
    return client


def told(shop: Shop, action: str) -> list[AuditEntry]:
    with scope.tenant(shop.tenant.pk):
        return list(AuditEntry.objects.filter(action=action).order_by("id"))


def owner_of(shop: Shop) -> Membership:
    found: Membership = Membership.objects.select_related("user").get(user=shop.owner)
    return found


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_deputy_uses_the_pages_and_every_trace_says_so(shop: Shop, ada: User) -> None:
    home = f"/t/{shop.tenant.slug}/"
    assert browser_of(ada).get(home).status_code == 404
    client = taken(ada, shop)
    page = client.get(f"{home}settings/").content.decode()
    assert "You act on behalf of <b>Harbour Goods</b>" in page
    assert "Members</a>" not in page
    assert "Alerts</a>" in page
    paused = client.post(f"{home}settings/connections/{shop.pair.pos.pk}/pause/")
    assert paused.status_code == 302
    (entry,) = told(shop, "connection.paused")
    with scope.tenant(shop.tenant.pk):
        row = Deputation.objects.get()
    assert (entry.actor, entry.deputation_id) == (ada, row.pk)
    assert row.ends_at - row.begun_at == timedelta(minutes=15)
    looks = [one.after["at"] for one in told(shop, "staff.looked")]
    assert looks == [f"{home}settings/"]
    # Pieces that a page asks for by itself are not told.
    client.get(f"{home}dashboard/now/", HTTP_HX_REQUEST="true")
    assert len(told(shop, "staff.looked")) == 1
    # A whole page is told, whatever header it is asked for with.
    client.get(f"{home}incidents/", HTTP_HX_REQUEST="true")
    assert told(shop, "staff.looked")[-1].after["at"] == f"{home}incidents/"
    log = browser(shop.owner).get(f"{home}settings/audit/").content.decode()
    assert "ada@staff.example.com <span" in log
    assert "on your behalf" in log
    # The same person elsewhere, without having taken it there.
    assert browser_of(ada).get(home).status_code == 404


def test_what_is_for_the_account_itself_stays_shut(shop: Shop, ada: User) -> None:
    there = objects(shop)
    client = taken(ada, shop)
    client.raise_request_exception = False
    shut = {one.name for one in addresses() if is_shut(one.name)}
    for name in (
        "members", "member-invite", "member-role", "api-tokens", "api-token-new", "data",
        "data-export", "data-erase", "audit-export", "support-access-allow", "alert-key",
        "connection-disconnect", "pair-delete", "pair-remove", "payments-table",
    ):  # fmt: skip
        assert name in shut
    kept = {one.name for one in addresses()} - shut
    for ask in (Client.get, Client.post):
        found = opened(client, shop, there, ask, but=kept)
        assert {a.status_code for a in found.values()} <= {403, 405}, found
    page = client.get(f"/t/{shop.tenant.slug}/settings/members/").content.decode()
    assert "for the account itself" in page
    # No way on that is shut as well.
    assert "See who the owners" not in page
    assert "You may look" not in page
    assert f'href="/t/{shop.tenant.slug}/">To the account' in page
    # The services themselves know no such member.
    with scope.tenant(shop.tenant.pk):
        me = Membership(tenant=shop.tenant, user=ada, role=Role.OWNER)
        with pytest.raises(OwnerNeeded):
            deputations.let_in(True, by=me, now=timezone.now())
        for actor in (shop.owner, None):
            with on_behalf.of(uuid4()), pytest.raises(Forbidden, match="on an account's behalf"):
                access.by_owner(actor)


def test_no_page_offers_a_deputy_what_is_shut(shop: Shop, ada: User) -> None:
    now = timezone.now()
    with scope.tenant(shop.tenant.pk):
        billed_pairs.went_live(
            pair_id=shop.pair.pk,
            pair_name=shop.pair.name,
            agreed=billed_pairs.quote(now=now - timedelta(days=60)).agreed,
            actor=shop.owner,
            now=now - timedelta(days=60),
        )
        Pair.objects.update(state=PairState.DRAFT)
    deputy, owner = taken(ada, shop), browser(shop.owner)
    home = f"/t/{shop.tenant.slug}/"
    form = {"name": "Our program", "url": "https://hooks.example.com/x", "hears": ["records"]}
    made = deputy.post(f"{home}settings/alerts/new/webhook/", form, follow=True)
    assert "An owner or admin of the account makes a new one" in made.content.decode()
    assert "ccwh_" not in made.content.decode()
    pages = (
        home,
        f"{home}settings/audit/",
        f"{home}settings/pairs/{shop.pair.pk}/",
        f"{home}settings/connections/{shop.pair.pos.pk}/",
        made.redirect_chain[-1][0],
    )
    for page in pages:
        assert ways_shut(owner, page), page
        assert ways_shut(deputy, page) == set(), page


def ways_shut(client: Client, page: str) -> set[str]:
    """The names of the addresses below the account that the content leads to and that are shut."""
    content = client.get(page).content.decode().partition('<div class="page-head">')[2]
    found = re.findall(r'(?:href|action)="(/t/[^"#?]*)', content)
    names = {resolve(address).url_name or "" for address in found}
    return {name for name in names if is_shut(name)}


def test_another_account_is_not_found(shop: Shop, ada: User) -> None:
    other = make_shop("Other Retailer")
    client = taken(ada, shop)
    assert client.get(f"/t/{other.tenant.slug}/").status_code == 404
    address = f"/t/{shop.tenant.slug}/settings/connections/{other.pair.pos.pk}/"
    assert client.get(address).status_code == 404
    with pytest.raises(NotAssigned):
        deputations.begin(ada, other.tenant.slug, minutes=15, reason=WHY, now=timezone.now())
    held = told(shop, "deputation.begun")[0].object_id
    # In the address of another account this one opens nothing either.
    assert client.get(f"/t/{other.tenant.slug}/settings/support-access/").status_code == 404
    answer = browser(other.owner).post(
        f"/t/{other.tenant.slug}/settings/support-access/{held}/end/"
    )
    assert answer.status_code == 404


def ended_by_time(shop: Shop, ada: User) -> None:
    Deputation.objects.update(
        begun_at=timezone.now() - timedelta(minutes=20),
        ends_at=timezone.now() - timedelta(minutes=5),
    )


def ended_by_owner(shop: Shop, ada: User) -> None:
    deputations.end_as_owner(Deputation.objects.get().pk, by=owner_of(shop), now=timezone.now())


def forbidden_by_owner(shop: Shop, ada: User) -> None:
    deputations.let_in(False, by=owner_of(shop), now=timezone.now())


def lost_role(shop: Shop, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(staff_role=StaffRole.SUPPORT)


def lost_second_step(shop: Shop, ada: User) -> None:
    ada.authenticator_set.all().delete()


@pytest.mark.parametrize(
    "ends",
    [ended_by_time, ended_by_owner, forbidden_by_owner, lost_role, lost_second_step],
)
def test_who_is_out_is_out_at_the_next_request(shop: Shop, ada: User, ends: object) -> None:
    piece, whole = taken(ada, shop), taken(ada, shop)
    home = f"/t/{shop.tenant.slug}/"
    assert whole.get(home).status_code == 200
    with scope.tenant(shop.tenant.pk):
        ends(shop, ada)  # type: ignore[operator]
    asked = piece.get(f"{home}dashboard/now/", HTTP_HX_REQUEST="true")
    there = f"/admin/accounts/{shop.tenant.slug}/"
    assert (asked.status_code, asked["HX-Redirect"]) == (401, there)
    assert whole.get(home)["Location"] == there
    assert whole.get(home).status_code == piece.get(home).status_code == 404


def test_signing_out_and_a_second_step_that_is_too_old_end_it_at_once(
    shop: Shop, ada: User
) -> None:
    out, old, at_home = taken(ada, shop), Client(), Client()
    out.post("/sign-out/")
    assert len(told(shop, "deputation.ended")) == 1
    for count, (client, address) in enumerate(
        ((at_home, f"/t/{shop.tenant.slug}/"), (old, "/admin/accounts/")), start=2
    ):
        client.cookies = taken(ada, shop).cookies
        session = client.session
        session["account_authentication_methods"][0]["at"] -= 13 * 3600
        session.save()
        for _ in range(2):
            assert client.get(address).status_code in (302, 404)
        ended = told(shop, "deputation.ended")
        assert [one.actor for one in ended] == [ada] * count
    with scope.tenant(shop.tenant.pk):
        assert not Deputation.objects.filter(ended_at=None).exists()


def test_a_released_assignment_ends_it_too(shop: Shop, ada: User) -> None:
    client = taken(ada, shop)
    staff.release(tenant_id=shop.tenant.pk, staff=ada, actor=None, now=timezone.now())
    assert client.get(f"/t/{shop.tenant.slug}/").status_code == 302
    assert client.get(f"/t/{shop.tenant.slug}/").status_code == 404


def test_members_see_it_and_an_owner_ends_and_forbids_it(shop: Shop, ada: User) -> None:
    home, access = f"/t/{shop.tenant.slug}/", f"/t/{shop.tenant.slug}/settings/support-access/"
    owner = browser(shop.owner)
    assert "acts on behalf" not in owner.get(home).content.decode()
    taken(ada, shop)
    assert "<b>ada@staff.example.com</b> of Clarity Connect acts on behalf" in (
        owner.get(home).content.decode()
    )
    page = owner.get(access).content.decode()
    assert WHY in page
    assert "End it" in page
    viewer = User.objects.create_user("viewer@example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=viewer, role=Role.VIEWER)
        held = Deputation.objects.get()
    assert "acts on behalf" in browser(viewer).get(home).content.decode()
    assert "End it" not in browser(viewer).get(access).content.decode()
    assert browser(viewer).post(f"{access}{held.pk}/end/").status_code == 403
    for _ in range(2):
        owner.post(f"{access}{held.pk}/end/")
    assert len(told(shop, "deputation.ended")) == 1
    assert "acts on behalf" not in owner.get(home).content.decode()
    for _ in range(2):
        owner.post(f"{access}allow/", {"allowed": "no"})
    assert len(told(shop, "deputation.forbidden")) == 1
    refused = browser_of(ada).post(
        f"/admin/accounts/{shop.tenant.slug}/on-behalf/", {"minutes": "15", "reason": WHY}
    )
    assert refused.status_code == 422
    assert "has forbidden it" in refused.content.decode()
    owner.post(f"{access}allow/", {"allowed": "yes"})
    taken(ada, shop)


def test_it_is_taken_once_and_given_back(shop: Shop, ada: User) -> None:
    client = taken(ada, shop)
    client.post(f"/admin/accounts/{shop.tenant.slug}/on-behalf/", {"minutes": "60", "reason": WHY})
    assert len(told(shop, "deputation.begun")) == 1
    assert "You act on behalf" in client.get("/admin/accounts/").content.decode()
    for _ in range(2):
        client.post("/admin/on-behalf/end/")
    assert len(told(shop, "deputation.ended")) == 1
    assert "You act on behalf" not in client.get("/admin/accounts/").content.decode()
    assert client.get(f"/t/{shop.tenant.slug}/").status_code == 404


def test_another_account_ends_the_one_before(shop: Shop, ada: User) -> None:
    other = make_shop("Other Retailer")
    staff.assign(tenant_id=other.tenant.pk, staff=ada, actor=None)
    client = taken(ada, shop)
    client.post(f"/admin/accounts/{other.tenant.slug}/on-behalf/", {"minutes": "15", "reason": WHY})
    assert len(told(shop, "deputation.ended")) == 1
    assert told(other, "deputation.ended") == []
    assert client.get(f"/t/{other.tenant.slug}/").status_code == 200


def test_nobody_begins_without_leave_or_reason(shop: Shop, ada: User) -> None:
    slug, now = shop.tenant.slug, timezone.now()
    with pytest.raises(ReasonNeeded):
        deputations.begin(ada, slug, minutes=15, reason="", now=now)
    for minutes in (0, 16, 61, 10**9):
        with pytest.raises(CannotStandIn):
            deputations.begin(ada, slug, minutes=minutes, reason=WHY, now=now)
    for role in (StaffRole.SUPPORT, StaffRole.FINANCE):
        person = colleague(role.value, role)
        staff.assign(tenant_id=shop.tenant.pk, staff=person, actor=None)
        with pytest.raises(NotAllowed):
            deputations.begin(person, slug, minutes=15, reason=WHY, now=now)
        assert browser_of(person).get(f"/admin/accounts/{slug}/on-behalf/").status_code == 403
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=ada, role=Role.VIEWER)
    with pytest.raises(CannotStandIn, match="a member of Harbour Goods yourself"):
        deputations.begin(ada, slug, minutes=15, reason=WHY, now=now)
    assert told(shop, "deputation.begun") == []


def test_postgresql_shows_a_running_one_to_its_holder_and_the_members(
    shop: Shop, ada: User
) -> None:
    other = make_shop("Other Retailer")
    now = timezone.now()
    deputations.begin(ada, shop.tenant.slug, minutes=15, reason=WHY, now=now)
    for who, count in ((ada, 1), (shop.owner, 1), (other.owner, 0)):
        with scope.user(who.pk):
            assert Deputation._base_manager.count() == count
            assert Deputation._base_manager.update(ended_at=now) == 0
            with pytest.raises(ScopeError):
                Deputation._base_manager.create(
                    tenant=other.tenant, staff=who, reason=WHY, begun_at=now,
                    ends_at=now + timedelta(minutes=5),
                )  # fmt: skip
