"""Runs localstripe by itself, on one address, without its file in /tmp."""

from __future__ import annotations

import sys

from aiohttp import web
from localstripe import resources, server


def main(port: int) -> None:
    """Serves until it is ended."""
    resources.Store.dump_to_disk = lambda _store: None  # type: ignore[method-assign]
    web.run_app(server.app, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
