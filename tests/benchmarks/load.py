"""Sends signed webhooks as fast as they are answered. A process of its own, so that it does not
take time from the code under test: python -m tests.benchmarks.load URL SECRET COUNT THREADS [RATE]
Prints one JSON line: {"sent", "refused", "seconds", "p50_ms", "p99_ms"}.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import sys
import threading
import time
import uuid
from urllib.parse import urlsplit

LINE = {
    "id": 1,
    "variant_id": 2,
    "sku": "TEE-BLK-S",
    "title": "Basic Tee",
    "quantity": 1,
    "current_quantity": 1,
    "price": "19.00",
    "properties": [{"name": "filler", "value": "x" * 700}],
    "discount_allocations": [],
    "tax_lines": [],
}


def body(number: int) -> bytes:
    """An order of about 8 KB."""
    lines = [{**LINE, "id": number * 100 + index} for index in range(8)]
    return json.dumps(
        {
            "id": 6_000_000_000_000 + number,
            "name": f"#{number}",
            "currency": "USD",
            "created_at": "2026-03-02T15:04:05-05:00",
            "updated_at": "2026-03-02T15:04:05-05:00",
            "financial_status": "pending",
            "total_price": "152.00",
            "current_total_price": "152.00",
            "line_items": lines,
        }
    ).encode()


def headers(secret: str, raw: bytes) -> dict[str, str]:
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        "X-Shopify-Event-Id": str(uuid.uuid4()),
    }


def main() -> None:
    url, secret, count, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    rate = float(sys.argv[5]) if len(sys.argv) > 5 else 0.0
    parts = urlsplit(url)
    ready = [(raw, headers(secret, raw)) for raw in (body(n) for n in range(1, count + 1))]
    times: list[float] = []
    refused = [0]
    start = time.perf_counter()

    def send(name: int) -> None:
        client = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        for index in range(name, count, threads):
            if rate:
                time.sleep(max(0.0, start + index / rate - time.perf_counter()))
            raw, head = ready[index]
            began = time.perf_counter()
            client.request("POST", parts.path, raw, head)
            answer = client.getresponse()
            answer.read()
            times.append(time.perf_counter() - began)
            if answer.status != 200:
                refused[0] += 1

    pool = [threading.Thread(target=send, args=(name,)) for name in range(threads)]
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    times.sort()
    sys.stdout.write(
        json.dumps(
            {
                "sent": len(times),
                "refused": refused[0],
                "seconds": time.perf_counter() - start,
                "p50_ms": times[len(times) // 2] * 1000,
                "p99_ms": times[int(len(times) * 0.99)] * 1000,
            }
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
