"""Finds the connector folders. Adding a connector means adding a folder and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from integrations.connector_kit.base import Connector

_PACKAGE = "integrations.connectors"


class UnknownConnector(LookupError):
    """No connector folder has this name."""


@cache
def connectors() -> Mapping[str, Connector]:
    """Every connector by name. Raises when a folder has no CONNECTOR or another name than it."""
    found: dict[str, Connector] = {}
    for module in pkgutil.iter_modules(importlib.import_module(_PACKAGE).__path__):
        if not module.ispkg:
            continue
        connector = importlib.import_module(f"{_PACKAGE}.{module.name}").CONNECTOR
        if connector.manifest.name != module.name:
            raise ValueError(
                f"connector folder {module.name!r} has a manifest named {connector.manifest.name!r}"
            )
        found[module.name] = connector
    return found


def get(name: str) -> Connector:
    """The connector of this name. Raises UnknownConnector naming those that exist."""
    try:
        return connectors()[name]
    except KeyError:
        raise UnknownConnector(
            f"no connector {name!r}; there are: {', '.join(sorted(connectors()))}"
        ) from None


def folder(name: str) -> Path:
    """Where a connector's own files lie."""
    get(name)
    module = importlib.import_module(f"{_PACKAGE}.{name}")
    return Path(str(module.__file__)).parent
