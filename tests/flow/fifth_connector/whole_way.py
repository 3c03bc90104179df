"""Run by test_fifth_connector.py inside a copy of the tree to which the folder was added."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest
from django.core.management import load_command_class
from django.test import Client
from django.utils import timezone
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from clarity.demo import pairing
from clarity.demo.sandboxes import Sandbox, plain_session
from clarity.faults.shops import open_shops
from conftest import SandboxProcess
from integrations.connector_kit.errors import NeedsOwner
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.models import Connection, Environment, InboxItem, PairState
from integrations.services import connections, pairs, sandbox_pairs
from integrations.services.connections import BadConnection, NewConnection
from integrations.services.sandbox import connect_sandbox
from integrations.services.sandbox_pairs import Systems
from integrations.sync import slices
from tenants import scope
from tenants.models import User
from tenants.services.members import create_tenant

ARTICLE = catalogue(seed="7", size=3)[0]
SKU = ARTICLE.sku
CREDENTIALS = {"token": "let-me-in", "webhook_secret": "between-us"}
ORDER = {
    "id": 7,
    "number": "C-7",
    "payment": "paid",
    "total": 38.5,
    "currency": "USD",
    "placed": "2026-03-02T15:04:05Z",
    "changed": "2026-03-02T15:04:05Z",
    "email": "buyer@example.com",
    "lines": [{"line": 1, "sku": SKU, "units": 2, "price": 19.25}],
}


class CornerShop:
    """The whole shop: its name, and the stock it was told."""

    def __init__(self) -> None:
        self.stock: dict[str, int] = {}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data()
        if request.headers.get("Authorization") != "Bearer let-me-in":
            return Response(status=401)(environ, start)
        if request.method == "PUT":
            self.stock[request.path.removeprefix("/stock/")] = json.loads(body)["units"]
        return Response('{"name": "The Corner"}', content_type="application/json")(environ, start)


@pytest.fixture
def corner() -> Iterator[tuple[CornerShop, str]]:
    shop = CornerShop()
    server = make_server("127.0.0.1", 0, shop, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield shop, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def wanted(url: str, **credentials: str) -> NewConnection:
    return NewConnection(
        connector="corner_shop",
        flavour="web",
        name="Corner",
        environment=Environment.SANDBOX,
        base_url=url,
        settings={},
        credentials=CREDENTIALS | credentials,
    )


def test_an_added_folder_is_a_whole_connector(
    transactional_db: None,
    corner: tuple[CornerShop, str],
    sandboxes: Mapping[str, SandboxProcess],
    account_name: str,
) -> None:
    shop, url = corner
    tenant = create_tenant(name="Retailer", owner_email="owner@example.com")
    now = timezone.now()
    with pytest.raises(BadConnection, match="Webhook secret is needed"):
        connections.connect(wanted(url, webhook_secret=""), tenant_id=tenant.pk, now=now)
    with pytest.raises(NeedsOwner):
        connections.connect(wanted(url, token="wrong"), tenant_id=tenant.pk, now=now)
    store = connections.connect(wanted(url), tenant_id=tenant.pk, now=now)
    assert store.account_name == "The Corner"

    hook = f"/hooks/corner_shop/{store.pk}/"
    assert post(hook, secret="wrong") == (401, "The webhook does not bear the shared secret.")
    assert post(hook, secret="ask the notary") == (503, "The notary has closed.")
    assert post(hook, event="chat") == (200, "7")
    assert items(store) == []
    assert [post(hook), post(hook)] == [(200, "7"), (200, "7")]
    assert asked(hook, "Ahoi5") == (200, "Ahoi5", "text/plain; charset=utf-8")
    assert asked(hook, "<b>")[0] == 400
    assert items(store) == [("order", "7", "order", "waiting")]

    till = Sandbox(sandboxes["heartland"].url, account_name).open_account(size=3, seed="7")
    pos = connect_sandbox(
        till,
        tenant_id=tenant.pk,
        connector="heartland",
        flavour="retail",
        name="Till",
        settings={"currency": "USD", "requests_per_second": "1000"},
        now=now,
    )
    with scope.tenant(tenant.pk):
        pair = pairs.create_pair(name="Pair", pos=pos, store=store)
        assert {flow.entity for flow in pair.flows.all()} == {"order", "inventory"}
        pairs.start(pair, state=PairState.TESTING, now=now)

    api = plain_session(
        till["base_url"], {"Authorization": f"Bearer {till['credentials']['token']}"}
    )
    left = sum(ARTICLE.opening_stock) - 2
    end = time.monotonic() + 20
    orders: list[dict[str, Any]] = []
    while time.monotonic() < end and shop.stock.get(SKU) != left:
        for connection in (store, pos):
            slices.run(tenant_id=tenant.pk, connection_id=connection.pk)
        orders = api.request("GET", "/api/sales/orders").json()["results"]
    assert [(row["public_id"], str(row["total"])) for row in orders] == [("S-C-7", "38.5")]
    assert shop.stock[SKU] == left, "what the order took is gone from the shop as well"


def test_its_sandbox_takes_part_wherever_those_of_stores_do(
    transactional_db: None,
    live_server: Any,
    sandboxes: Mapping[str, SandboxProcess],
    account_name: str,
    settings: Any,
) -> None:
    assert "corner_shop" in pairing.stores()
    for command in ("demo", "faults"):
        parser = load_command_class("clarity", command).create_parser("manage.py", command)
        assert "corner_shop" in parser.format_help()
    urls = {name: sandboxes[name].url for name in ("corner_shop", "heartland")}
    settings.CLARITY_SANDBOXES = urls
    assert list(sandbox_pairs.offered()) == [Systems("heartland", "corner_shop")]

    shops = open_shops(account_name, store="corner_shop", urls=urls, public_url=live_server.url)
    assert shops.store.settings == {"poll_seconds": "3", "greeting": "Ahoi"}
    page = Client()
    page.force_login(User.objects.get(email=f"{account_name}@example.com"))
    offer = page.get(f"/t/{shops.tenant.slug}/start/").content.decode()
    assert "Show me Heartland and Corner Shop" in offer

    def work() -> None:
        for connection in (shops.store, shops.pos):
            slices.run(tenant_id=shops.tenant.pk, connection_id=connection.pk)

    work()
    shops.wait_until_watched(1)
    shops.order(2)
    shops.sell()
    end = shops.until_good(30, work=work)
    assert end.is_good, end.plainly()
    assert shops.seen.compare().orders_in_heartland == 2


def items(connection: Connection) -> list[tuple[str, str, str, str]]:
    with scope.tenant(connection.tenant_id):
        rows = InboxItem.objects.filter(connection=connection)
        return list(rows.values_list("entity", "key", "topic", "state"))


def post(hook: str, *, secret: str = "between-us", event: str = "order") -> tuple[int, str]:
    answer = Client().post(
        hook,
        json.dumps(ORDER),
        content_type="application/json",
        headers={"X-Corner-Secret": secret, "X-Corner-Event": event},
    )
    said = answer.json()
    return answer.status_code, str(said.get("detail", said.get("thanks", "")))


def asked(hook: str, word: str) -> tuple[int, str, str]:
    """The Corner makes sure that the address is ours."""
    answer = Client().get(hook, {"word": word})
    return answer.status_code, answer.content.decode(), answer.headers["Content-Type"]
