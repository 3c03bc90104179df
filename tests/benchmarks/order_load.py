"""Sends signed order webhooks to many shops, over kept-alive connections of one process.

python -m tests.benchmarks.order_load, with {"shops": [[url, secret], ...], "count", "first",
"at_once", "rate"} as JSON on stdin. A rate of 0 sends as fast as is answered. Prints one JSON line:
{"sent": {number: when it was sent, as time.time()}, "refused", "seconds", "p50_ms", "p99_ms"}.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
import uuid
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FIXTURE = (
    Path(__file__).resolve().parents[2]
    / "integrations/connectors/shopify/fixtures/orders__paid_with_discount.json"
)
BYTES = 8400


@cache
def _template() -> str:
    """A recorded order, with the further fields a real body has, in about 8.4 KB."""
    body = json.loads(FIXTURE.read_text("utf-8"))
    money = body["total_price_set"]
    for name in ("subtotal_price", "total_line_items_price", "total_shipping_price", "total_cash"):
        body[f"{name}_set"] = body[f"current_{name}_set"] = money
    body["client_details"] = {"browser_ip": "203.0.113.7", "user_agent": "Browser " * 20}
    for line in body["line_items"]:
        line["properties"] = [{"name": f"Option {n}", "value": "As chosen"} for n in range(6)]
    body["id"], body["name"] = "@id@", "#@number@"
    missing = BYTES - len(json.dumps(body)) - len('"landing_site": "", ')
    body["landing_site"] = ("/collections/all/" * 400)[: max(0, missing)]
    return json.dumps(body)


def body(number: int) -> bytes:
    """The webhook body of one order."""
    text = _template().replace('"@id@"', str(6_000_000_000_000 + number))
    return text.replace("@number@", str(number)).encode()


def request(url: str, secret: str, number: int) -> bytes:
    """The whole request as it goes over the wire."""
    raw, parts = body(number), urlsplit(url)
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        "Content-Type: application/json\r\nUser-Agent: Shopify-Captain-Hook\r\n"
        f"X-Shopify-Topic: orders/create\r\nX-Shopify-Hmac-Sha256: {signature}\r\n"
        f"X-Shopify-API-Version: 2026-10\r\nX-Shopify-Webhook-Id: {uuid.uuid4()}\r\n"
        f"X-Shopify-Event-Id: {uuid.uuid4()}\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


async def send(job: dict[str, Any]) -> dict[str, Any]:
    shops, first, rate = job["shops"], job["first"], job["rate"]
    ready = [
        (number, request(*shops[number % len(shops)], number))
        for number in range(first, first + job["count"])
    ]
    where = urlsplit(shops[0][0])
    turn = iter(enumerate(ready))
    sent: dict[int, float] = {}
    times: list[float] = []
    refused = 0
    start = time.perf_counter()

    async def one_connection() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        for index, (number, raw) in turn:
            if rate:
                await asyncio.sleep(max(0.0, start + index / rate - time.perf_counter()))
            began = time.perf_counter()
            sent[number] = time.time()
            writer.write(raw)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(size)
            times.append(time.perf_counter() - began)
            refused += not head.startswith(b"http/1.1 200")
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(job["at_once"])))
    took = time.perf_counter() - start
    times.sort()
    return {
        "sent": sent,
        "refused": refused,
        "seconds": took,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[int(len(times) * 0.99)] * 1000,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(send(json.load(sys.stdin)))) + "\n")
