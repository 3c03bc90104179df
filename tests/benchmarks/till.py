"""The one-call till: its connector added to ours, and the till itself as a process.

python -m tests.benchmarks.till SECONDS   prints {"port"}; each order is answered after SECONDS.
GET /_received   [[reference, when it came, as time.time()], ...], a repeated one as often as it came
GET /_count      how many orders came
POST /_forget    empties the till
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from pathlib import Path

CONNECTORS = Path(__file__).parent / "connectors"
NAME = "one_call_till"


def add_connectors() -> None:
    """Lets this process find the connectors of the benchmarks, as if their folders lay with ours."""
    package = importlib.import_module("integrations.connectors")
    if str(CONNECTORS) not in package.__path__:
        package.__path__.append(str(CONNECTORS))
        importlib.import_module("integrations.connector_kit.registry").connectors.cache_clear()


class Till:
    """Everything the till knows: which orders came, and when."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.received: list[tuple[str, float]] = []
        self.kept: dict[str, int] = {}

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One kept-alive connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, path, _ = head.split(" ", 2)
                size = next(
                    (
                        int(line.split(":")[1])
                        for line in head.split("\r\n")
                        if line.lower().startswith("content-length:")
                    ),
                    0,
                )
                if size:
                    await reader.readexactly(size)
                status, answer = await self.answer(method, path)
                body = json.dumps(answer).encode()
                writer.write(
                    f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def answer(self, method: str, path: str) -> tuple[int, object]:
        if path.startswith("/_"):
            return 200, self.control(path)
        if not path.startswith("/orders/"):
            return 200, {"name": "One-call till"}
        reference = path.removeprefix("/orders/")
        if method == "GET":
            found = self.kept.get(reference)
            return (200, {"id": found}) if found else (404, {})
        self.received.append((reference, time.time()))
        number = self.kept.setdefault(reference, len(self.kept) + 1)
        await asyncio.sleep(self.seconds)
        return 201, {"id": number}

    def control(self, path: str) -> object:
        if path == "/_forget":
            self.received.clear()
            self.kept.clear()
        return len(self.received) if path == "/_count" else self.received


async def main(seconds: float) -> None:
    till = Till(seconds)
    server = await asyncio.start_server(till.talk, "127.0.0.1", 0, backlog=1024, limit=1 << 20)
    sys.stdout.write(json.dumps({"port": server.sockets[0].getsockname()[1]}) + "\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
