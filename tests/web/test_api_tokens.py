"""The page of API tokens: made and shown once, revoked after a question, for admins and owners."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tenants import scope
from tenants.models import ApiToken, AuditEntry, Membership, Role, User
from tests.api.world import Program
from tests.web.shops import Shop, make_shop


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop("Harbour Goods")


@pytest.fixture
def page(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def home(shop: Shop) -> str:
    return f"/t/{shop.tenant.slug}/settings/tokens/"


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return unescape(answer.content.decode())


def form(page: Client, shop: Shop, **fields: Any) -> dict[str, Any]:
    """What the form sends when it is filled in, some of it otherwise."""
    once = re.search(r'name="once" value="([^"]+)"', text(page.get(f"{home(shop)}new/")))
    assert once is not None
    sent = {"once": once[1], "name": "Warehouse", "scopes": ["pairs:read"], "days": "90"}
    return {**sent, **fields}


def test_a_token_is_shown_once_and_works_until_it_is_revoked(page: Client, shop: Shop) -> None:
    assert "There is no token yet" in text(page.get(home(shop)))
    sent = form(page, shop)
    made = page.post(f"{home(shop)}new/", sent)
    assert "no-store" in made["Cache-Control"]
    token = re.search(r'value="(clr_[^"]+)"', text(made))
    assert token is not None
    assert Program(token[1]).get("pairs").status_code == 200

    # Sent twice, the form makes no second token.
    assert "revoke it and make another" in text(page.post(f"{home(shop)}new/", sent), 422)
    listed = text(page.get(home(shop)))
    assert token[1].split("_", 3)[3] not in listed
    assert "Warehouse" in listed
    with scope.tenant(shop.tenant.pk):
        (row,) = ApiToken.objects.all()
    assert row.prefix in listed

    ask = f"{home(shop)}{row.pk}/revoke/"
    assert "cannot be taken back" in text(page.get(ask))
    assert Program(token[1]).get("pairs").status_code == 200
    assert "opens nothing any more" in text(page.post(ask, follow=True))
    assert "was revoked already" in text(page.post(ask, follow=True))
    assert Program(token[1]).get("pairs").status_code == 401
    with scope.tenant(shop.tenant.pk):
        actions = AuditEntry.objects.filter(object_type="ApiToken").order_by("id")
        assert [(one.action, one.actor_id) for one in actions] == [
            ("api_token.created", shop.owner.pk),
            ("api_token.revoked", shop.owner.pk),
        ]


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"name": " "}, "name", "Give the token a name"),
        ({"name": "x" * 81}, "name", "Give the token a name"),
        ({"scopes": []}, "scopes", "at least one"),
        ({"scopes": ["pairs:read", "all"]}, "scopes", "'all'"),
        ({"days": "36500"}, "days", "1 to 365 days"),
        ({"days": "x"}, "days", "1 to 365 days"),
    ],
)
def test_a_mistake_is_told_beside_its_field(
    page: Client, shop: Shop, fields: dict[str, Any], field: str, said: str
) -> None:
    found = text(page.post(f"{home(shop)}new/", form(page, shop, **fields)), 422)
    wrong = re.search(rf'id="{field}-error">([^<]+)<', found)
    assert wrong is not None
    assert said in wrong[1]
    with scope.tenant(shop.tenant.pk):
        assert not ApiToken.objects.exists()


def test_only_those_who_administer_see_them_and_nobody_elses(page: Client, shop: Shop) -> None:
    page.post(f"{home(shop)}new/", form(page, shop))
    with scope.tenant(shop.tenant.pk):
        token = ApiToken.objects.get()
    other = make_shop("Other Retailer")
    for role, status in ((Role.ADMIN, 200), (Role.OPERATOR, 403), (Role.VIEWER, 403)):
        user = User.objects.create_user(f"{role.value}@example.com")
        with scope.tenant(shop.tenant.pk):
            Membership.objects.create(user=user, role=role)
        client = Client()
        client.force_login(user)
        for address in ("", "new/", f"{token.pk}/revoke/"):
            assert client.get(home(shop) + address).status_code == status
        assert client.get(home(other)).status_code == 404
    stranger = Client()
    stranger.force_login(other.owner)
    assert stranger.post(f"{home(other)}{token.pk}/revoke/").status_code == 404
    with scope.tenant(shop.tenant.pk):
        assert ApiToken.objects.get().revoked_at is None
