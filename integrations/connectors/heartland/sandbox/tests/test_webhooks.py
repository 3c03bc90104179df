"""Webhooks of the retail flavour: bare, unsigned, retried."""

from __future__ import annotations

import json
import time
from typing import Any


def _subscribe(shop: Any, receiver: Any, *events: str) -> int:
    path = f"/{events[0]}"
    return shop.post("/api/webhooks", {"url": receiver.url + path, "events": list(events)})


def test_a_sale_at_the_till_is_told_bare(shop: Any, receiver: Any) -> None:
    _subscribe(shop, receiver, "sales_transaction_completed")
    receiver.failures = 1
    sold = shop.control("POST", "/sales", {"count": 1, "seed": "x"})["tickets"][0]
    path, headers, body = receiver.wait(1)[0]
    told = json.loads(body)
    assert path == "/sales_transaction_completed"
    assert (told["id"], told["type"], told["completed?"]) == (sold["id"], "Ticket", True)
    assert told["balance"] == 0
    assert not {"lines", "event", "data"} & set(told)
    assert not [name for name in headers if "signature" in name]
    report = {"sent": 1, "retried": 1, "failed": 0, "dropped": 0}
    # The sender counts after it has read the answer, so the count may come a moment later.
    deadline = time.monotonic() + 5
    while shop.control("GET", "/log")["webhooks"] != report and time.monotonic() < deadline:
        time.sleep(0.02)
    assert shop.control("GET", "/log")["webhooks"] == report
    assert shop.get(f"/api/sales/tickets/{told['id']}/lines")["results"][0]["qty"] == sold["qty"]


def test_unknown_events_are_refused_and_deleted_ones_are_quiet(shop: Any, receiver: Any) -> None:
    for event in ("order_created", "inventory.updated"):
        said = shop.refused("POST", "/api/webhooks", {"url": receiver.url, "events": [event]})
        assert event in said["details"]["events"][0]
    gone = _subscribe(shop, receiver, "item_updated")
    assert shop.send("DELETE", f"/api/webhooks/{gone}").status == 204
    assert shop.get("/api/webhooks")["total"] == 0
    _subscribe(shop, receiver, "customer_created")
    item = shop.get("/api/items")["results"][0]["id"]
    shop.put(f"/api/items/{item}", {"price": 3})
    shop.post("/api/customers", {"first_name": "Test", "last_name": "Buyer"})
    assert [path for path, _, _ in receiver.wait(1)] == ["/customer_created"]


def test_webhooks_are_doubled_dropped_and_shuffled_on_request(shop: Any, receiver: Any) -> None:
    _subscribe(shop, receiver, "item_updated")
    items = [row["id"] for row in shop.get("/api/items")["results"][:4]]

    def touch(*which: int) -> None:
        for one in which:
            shop.put(f"/api/items/{items[one]}", {})

    shop.control("POST", "/faults", {"kind": "duplicate_webhooks"})
    touch(0)
    shop.control("POST", "/faults", {"kind": "drop_webhooks", "match": "item_updated"})
    receiver.wait(2)
    touch(1)
    touch(0)
    receiver.wait(3)
    shop.control("POST", "/faults", {"kind": "shuffle_webhooks", "value": 3, "times": 3})
    touch(1, 2, 3)
    seen = [json.loads(body)["id"] for _, _, body in receiver.wait(6)]
    assert seen == [items[0], items[0], items[0], items[3], items[2], items[1]]


def test_held_webhooks_do_not_stay_held(shop: Any, receiver: Any) -> None:
    _subscribe(shop, receiver, "item_updated")
    item = shop.get("/api/items")["results"][0]["id"]
    shop.control("POST", "/faults", {"kind": "shuffle_webhooks", "value": 9, "times": 9})
    shop.put(f"/api/items/{item}", {})
    receiver.wait(1, seconds=4)
