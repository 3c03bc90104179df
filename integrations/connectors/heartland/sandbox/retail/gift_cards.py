"""Gift cards over HTTP (3.7)."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.retail.shared import created
from integrations.connectors.heartland.sandbox.state import gift_cards
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.wire.answers import Route, answer, body_of, embedded
from integrations.connectors.heartland.sandbox.wire.lists import listing


def list_cards(account: Account, request: Request) -> Response:
    return listing(account, request, account.gift_cards.values())


def post_card(account: Account, request: Request) -> Response:
    row = gift_cards.create(account, body_of(request))
    return created(account, f"/gift_cards/{row['number']}")


def get_card(account: Account, request: Request, number: str) -> Response:
    return answer(embedded(account, gift_cards.find(account, number), request))


def list_adjustments(account: Account, request: Request) -> Response:
    return listing(account, request, account.gift_card_adjustments.values())


def post_adjustment(account: Account, request: Request) -> Response:
    row = gift_cards.adjust(account, body_of(request))
    return created(account, f"/gift_card_adjustments/{row['id']}")


ROUTES: list[Route] = [
    ("GET", "/api/gift_cards", list_cards),
    ("POST", "/api/gift_cards", post_card),
    ("GET", "/api/gift_cards/<number>", get_card),
    ("GET", "/api/gift_card_adjustments", list_adjustments),
    ("POST", "/api/gift_card_adjustments", post_adjustment),
]
