"""Every address of a tenant, found in the routes, with objects to open it with.

A new page is met here by itself. One whose address names a new kind of object fails with a sentence
that says what to add to `objects`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from integrations.models import ChannelKind, Incident
from integrations.services import alerts, exporting, introducing, onboarding
from mappings.canonical.record import Entity
from tenants import scope
from tenants.billing.models import Letter, Receivable, Way
from tenants.billing.services import pairs as billed_pairs
from tenants.billing.stripe import asking
from tenants.models import Announcement, Deputation, Membership, Role, User
from tenants.services import announcements, api_tokens, invitations
from tests.web.shops import Shop
from tests.web.test_backfills import filled
from tests.web.test_incidents import stuck, unread

# What a page of a tenant may be asked for besides pages of its own: these say nothing of a tenant.
_PREFIX = "t/<slug:slug>/"
# Parts of an address that name no row.
WORDS = {"name": "payment_type", "side": "store", "kind": "email"}
_WORD = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """One route of a tenant."""

    name: str
    route: str

    @property
    def asks(self) -> tuple[str, ...]:
        """What it names besides the tenant."""
        return tuple(word for word in _WORD.findall(self.route) if word != "slug")

    def of(self, shop: Shop, there: Mapping[str, Any]) -> str:
        """The address at this tenant, with these objects."""
        missing = [word for word in self.asks if word not in there]
        assert not missing, (
            f"{self.route} names {', '.join(missing)}: add one to tests/web/every_page.objects"
        )
        named = {word: there[word] for word in self.asks}
        return reverse(self.name, kwargs={"slug": shop.tenant.slug, **named})


def addresses() -> list[Address]:
    """Every route that begins with a tenant."""
    found = [one for one in _walk(get_resolver().url_patterns, "") if one.route.startswith(_PREFIX)]
    assert len(found) > 40, "the routes of tenants are not found any more"
    return found


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Address]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif pattern.name:
            yield Address(pattern.name, route)


def objects(shop: Shop) -> dict[str, Any]:
    """One of each thing a page of the tenant can be about, as a page's address names it."""
    item = stuck(shop, "#1001")
    unread(shop, 1002)
    backfill = filled(shop)
    other = member(shop, Role.OPERATOR)
    now = timezone.now()
    with scope.tenant(shop.tenant.pk):
        incident = Incident.objects.order_by("pk").first()
        assert incident is not None
        owner = Membership.objects.get(user=shop.owner)
        invited = invitations.invite(
            email=f"new@{shop.tenant.slug}.example.com", role=Role.VIEWER, by=owner, now=now
        )
        token, _ = api_tokens.create(
            token_id=uuid4(), name="Reports", scopes=["records:read"], days=30, by=owner, now=now
        )
        channel = alerts.create(
            kind=ChannelKind.EMAIL,
            wanted=alerts.Wanted(
                name="The office", hears=["records"], addresses=["office@example.com"]
            ),
            actor=shop.owner,
            now=now,
        ).channel
        address = channel.addresses.get()
        way = onboarding.begin(pos="heartland", store="magento", actor=shop.owner, now=now)
        deputation = Deputation.objects.create(
            staff=other, reason="they rang us", begun_at=now, ends_at=now + timedelta(minutes=15)
        )
        export = exporting.start(actor=shop.owner, now=now)
        announcement = Announcement.objects.create(
            form_id=uuid4(), text="Maintenance tonight", severity="info", meant_for="some",
            begins_at=now, ends_at=now + timedelta(hours=1),
        )  # fmt: skip
        announcements.post(announcement, actor=shop.owner)
        there = {
            "announcement_id": announcement.pk,
            "pair_id": shop.pair.pk,
            "flow_id": shop.flows[Entity.ORDER].pk,
            "connection_id": shop.pair.pos.pk,
            "item_id": item.pk,
            "incident_id": incident.pk,
            "backfill_id": backfill.pk,
            "membership_id": Membership.objects.get(user=other).pk,
            "invitation_id": invited.invitation.pk,
            "token_id": token.pk,
            "channel_id": channel.pk,
            "address_id": address.pk,
            "onboarding_id": way.pk,
            "export_id": export.pk,
            "invoice_id": billed(shop, now),
            "try_id": tried(shop, now),
            "letter_id": Letter.objects.latest("created_at").pk,
            "deputation_id": deputation.pk,
            "number": 1,
            **WORDS,
        }
    introducing.begin(
        row=way, side=WORDS["side"], typed="shop.example.com", actor=shop.owner, now=now
    )
    return there


def tried(shop: Shop, now: datetime) -> UUID:
    """A try to pay the invoice at Stripe, of which there is no answer. Call inside the scope."""
    row = Receivable.objects.select_related("invoice").earliest("pk")
    return asking.write_down(row, way=Way.CHECKOUT, actor=shop.owner, now=now).pk


def billed(shop: Shop, now: datetime) -> UUID:
    """An invoice of a pair that is gone. Call inside the scope."""
    issued = billed_pairs.went_live(
        pair_id=uuid4(),
        pair_name="High street",
        agreed=billed_pairs.quote(now=now).agreed,
        actor=shop.owner,
        now=now,
    )
    assert issued is not None
    return issued.pk


def member(shop: Shop, role: Role) -> User:
    """Someone of this role."""
    user = User.objects.create_user(f"{role.value}@{shop.tenant.slug}.example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=user, role=role)
    return user


def signed_in(user: User) -> Client:
    """A browser that shows what a server error would be instead of raising it."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def opened(
    client: Client,
    shop: Shop,
    there: Mapping[str, Any],
    ask: Callable[[Client, str], Any],
    *,
    but: Collection[str] = (),
) -> dict[str, Any]:
    """Every address asked for, `but` these; answers by name."""
    return {
        one.name: ask(client, one.of(shop, there)) for one in addresses() if one.name not in but
    }
