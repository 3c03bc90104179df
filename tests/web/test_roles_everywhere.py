"""Every address of a tenant, tried as a viewer: looking works, changing is refused.

New pages are found by themselves. Roles are asked before anything is looked up, so ids may be
made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tenants import scope
from tenants.models import Membership, Role
from tenants.services.members import create_tenant
from tenants.services.people import create_person
from tests.web.shops import Shop

SLUG = "harbour-goods"
MADE_UP = {
    "int": 7,
    "uuid": "00000000-0000-4000-8000-000000000007",
    "str": "x",
    "slug": "x",
    "path": "x",
}
# What a viewer may send, and why it changes nothing for others.
ALLOWED = {"member-leave": "everyone may go"}


def addresses() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and made-up arguments of every address below a tenant's slug."""
    for route, pattern in _walk(get_resolver()):
        if not pattern.name or "t/<slug:slug>/" not in route:
            continue
        found = re.findall(r"<(?:(\w+):)?(\w+)>", route)
        yield pattern.name, {name: MADE_UP.get(kind or "str", 7) for kind, name in found}


def _walk(resolver: URLResolver, route: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        here = f"{route}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from _walk(one, here)
        else:
            yield here, one


@pytest.fixture
def viewer(shop: Shop) -> Client:
    person = create_person(email="viewer@example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=person, role=Role.VIEWER)
    client = Client()
    client.force_login(person)
    return client


def _url(name: str, arguments: dict[str, Any]) -> str:
    return reverse(name, kwargs={**arguments, "slug": SLUG})


def test_a_viewer_changes_nothing_anywhere(viewer: Client, shop: Shop) -> None:
    made = {"pair_id": shop.pair.pk, "connection_id": shop.pair.pos_id}
    tried, unreached, wrong = 0, [], {}
    for name, arguments in addresses():
        if name in ALLOWED:
            continue
        tried += 1
        real = {**arguments, **{one: made[one] for one in arguments if one in made}}
        status = viewer.post(_url(name, real)).status_code
        if status == 404 and real.keys() - made.keys():
            # Looked up first, and there is none: what is made up here cannot be changed.
            unreached.append(name)
        elif status not in (403, 405):
            wrong[name] = status
    assert wrong == {}
    assert tried >= 80
    assert len(unreached) <= 8, unreached


def test_a_stranger_is_sent_to_sign_in_and_a_member_of_another_finds_nothing(
    viewer: Client,
) -> None:
    create_tenant(name="Other", owner_email="other@example.com")
    other, nobody = Client(), Client()
    other.force_login(create_person(email="third@example.com"))
    wrong = {}
    for name, arguments in addresses():
        url = _url(name, arguments)
        for verb in ("get", "post"):
            gone = getattr(other, verb)(url).status_code
            asked = getattr(nobody, verb)(url)
            is_asked = asked.status_code == 302 and asked["Location"].startswith("/sign-in/")
            if gone not in (404, 405) or not (is_asked or asked.status_code == 405):
                wrong[f"{verb} {name}"] = (gone, asked.status_code)
    assert wrong == {}
