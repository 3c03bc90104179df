"""Laws of every page of a tenant, those of tomorrow included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tenants import scope
from tenants.models import Membership, Role
from tests.web.every_page import WORDS, addresses, member, objects, opened, signed_in
from tests.web.shops import Shop, make_shop

# Values that have broken forms elsewhere: too long, the wrong type, bytes no text has, numbers no
# column holds, markup, a path, a formula.
HOSTILE = (
    "x" * 20_000,
    "a\x00b",
    "99999999999999999999999",
    "-1",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "=1+1",
    "\ud800",
    "",
)
# Names of fields and parameters that pages read; a field of a new form belongs here.
FIELDS = (
    "q", "page", "after", "before", "cursor", "state", "entity", "pair", "connection", "show", "sku",
    "day", "since", "until", "range", "value", "version", "a", "b", "to", "reason", "payload", "name",
    "email", "role", "code", "note", "source", "target", "constant", "expression", "rule", "kind",
    "location", "units", "retention_days", "time_zone", "base_url", "next", "actor", "action", "id",
    "key", "entry", "hours", "url", "secret", "scopes", "expires", "step", "field", "item", "number", "address",
    "oauth_consumer_key", "success_call_back", "country", "region", "tax_id", "contact_name",
    "contact_email", "plan", "agree", "agreed_total", "agreed_a_term", "agreed_currency",
)  # fmt: skip


# Everyone may go.
OWN_RIGHT = ("announcement-dismiss", "member-leave")
# A way that stands at an earlier step leads back there whoever asks.
SENT_BACK = ("start-places", "start-flows", "start-mapping", "start-go-live")
# Done twice it says the same as once, whether there ever was such a thing or not.
SAME_TWICE = ("member-remove",)


@dataclass(frozen=True)
class Place:
    shop: Shop
    there: Mapping[str, Any]


@pytest.fixture
def mine(transactional_db: None) -> Place:
    shop = make_shop("Harbour Goods")
    return Place(shop, objects(shop))


@pytest.fixture
def theirs(mine: Place) -> Place:
    shop = make_shop("Other Retailer")
    return Place(shop, objects(shop))


def statuses(answers: Mapping[str, Any]) -> dict[str, int]:
    return {name: answer.status_code for name, answer in answers.items()}


def besides(found: Mapping[str, int], *good: int) -> dict[str, int]:
    return {name: status for name, status in found.items() if status not in good}


def test_who_is_not_signed_in_sees_nothing(mine: Place) -> None:
    client = Client(raise_request_exception=False)
    answers = opened(client, mine.shop, mine.there, lambda browser, url: browser.get(url))
    assert besides(statuses(answers), 302, 405) == {}
    away = {
        name: answer["Location"]
        for name, answer in answers.items()
        if answer.has_header("Location")
    }
    assert {
        name: url
        for name, url in away.items()
        if "/sign-in/" not in url and "/accounts/login/" not in url
    } == {}


def test_another_tenants_pages_do_not_exist(mine: Place, theirs: Place) -> None:
    client = signed_in(mine.shop.owner)
    for ask in (Client.get, Client.post):
        found = statuses(opened(client, theirs.shop, theirs.there, ask))
        assert besides(found, 404, 405) == {}


def test_another_tenants_things_do_not_exist_at_ones_own_address(
    mine: Place, theirs: Place
) -> None:
    client = signed_in(mine.shop.owner)
    plain = {one.name for one in addresses() if not set(one.asks) - {"number", *WORDS}}
    for ask in (Client.get, Client.post):
        found = statuses(opened(client, mine.shop, theirs.there, ask, but=plain))
        assert len(found) > 40
        seen = besides(found, 404, 405)
        assert {name: status for name, status in seen.items() if name not in SAME_TWICE} == {}
    with scope.tenant(theirs.shop.tenant.pk):
        assert Membership.objects.count() == 2


def test_ids_that_no_table_can_hold_are_not_found(mine: Place) -> None:
    client = signed_in(mine.shop.owner)
    numbers = {word for word, value in mine.there.items() if isinstance(value, int)}
    huge = {**mine.there, **dict.fromkeys(numbers, 10**30)}
    plain = {one.name for one in addresses() if not set(one.asks) & numbers}
    found = statuses(opened(client, mine.shop, huge, Client.get, but=plain))
    assert len(found) > 20
    assert besides(found, 404, 405) == {}


def test_a_viewer_changes_nothing(mine: Place) -> None:
    client = signed_in(member(mine.shop, Role.VIEWER))
    found = statuses(opened(client, mine.shop, mine.there, Client.post, but=OWN_RIGHT))
    seen = besides(found, 403, 405)
    assert {name: status for name, status in seen.items() if name not in SENT_BACK} == {}
    assert {seen[name] for name in SENT_BACK if name in seen} <= {302}


def hostile(turn: int) -> dict[str, bytes]:
    """A value for each field; after three turns fields of every kind have met each value."""
    return {
        field: HOSTILE[(turn * 3 + place) % len(HOSTILE)].encode("utf-8", "surrogatepass")
        for place, field in enumerate(FIELDS)
    }


@pytest.mark.parametrize("turn", range(3))
def test_no_parameter_breaks_a_page(mine: Place, turn: int) -> None:
    client = signed_in(mine.shop.owner)
    asked = {field: value[:200] for field, value in hostile(turn).items()}
    found = statuses(
        opened(client, mine.shop, mine.there, lambda browser, url: browser.get(url, asked))
    )
    assert {name: status for name, status in found.items() if status >= 500} == {}


@pytest.mark.parametrize("turn", range(3))
def test_no_form_breaks_a_page(mine: Place, turn: int) -> None:
    client = signed_in(mine.shop.owner)
    said, form = urlencode(hostile(turn)), "application/x-www-form-urlencoded"
    found = statuses(
        opened(client, mine.shop, mine.there, lambda browser, url: browser.post(url, said, form))
    )
    assert {name: status for name, status in found.items() if status >= 500} == {}


def test_a_form_without_its_token_changes_nothing(mine: Place) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(mine.shop.owner)
    found = statuses(opened(client, mine.shop, mine.there, Client.post))
    assert besides(found, 403) == {}
