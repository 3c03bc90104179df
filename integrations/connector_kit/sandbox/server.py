"""Serves a connector's sandbox: python -m integrations.connector_kit.sandbox.server NAME --port N

A sandbox keeps its state in the memory of one process, so it runs as one process with a thread for
each connection. Werkzeug's server is used because a fault must be able to break a connection.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server

from integrations.connector_kit.keep_alive import KeepAliveHandler
from integrations.connector_kit.registry import get

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def application(name: str, options: dict[str, str]) -> WsgiApp:
    """The WSGI application of a connector's sandbox. Raises LookupError when it has none."""
    target = get(name).sandbox
    if not target:
        raise LookupError(f"connector {name!r} has no sandbox")
    module, _, factory = target.partition(":")
    app: WsgiApp = getattr(importlib.import_module(module), factory)(options)
    return app


def server(name: str, *, host: str = "127.0.0.1", port: int = 0, seed: str = "7") -> BaseWSGIServer:
    """A server that listens but does not serve yet; port 0 takes a free one (`.server_port`)."""
    lazy: list[WsgiApp] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return lazy[0](environ, start_response)

    made = make_server(host, port, app, threaded=True, request_handler=KeepAliveHandler)
    public_url = f"http://{host}:{made.server_port}"
    lazy.append(application(name, {"public_url": public_url, "seed": seed}))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox")
    parser.add_argument("name", help="connector whose sandbox to serve")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", default="7")
    options = parser.parse_args()
    made = server(options.name, host=options.host, port=options.port, seed=options.seed)
    sys.stdout.write(json.dumps({"sandbox": options.name, "port": made.server_port}) + "\n")
    sys.stdout.flush()
    made.serve_forever()


if __name__ == "__main__":
    main()
