"""System checks: every connector folder is whole. Run by `manage.py check`."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage, Error, register

from integrations.connector_kit.base import Connector
from integrations.connector_kit.presets import NoPreset, incoming
from integrations.connector_kit.registry import connectors, folder
from mappings.canonical.record import Entity

STATES = ("done", "exempt", "todo")


@register()
def connector_folders(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Each connector declares what it can do, and can do what it declares."""
    return [
        message
        for name, connector in sorted(connectors().items())
        for message in (
            *_abilities(name, connector),
            *_imported_later(name, connector),
            *_files(name, folder(name)),
        )
    ]


def _abilities(name: str, connector: Connector) -> Iterator[CheckMessage]:
    for entity, spec in connector.manifest.entities.items():
        port = connector.entities.get(entity)
        if port is None:
            yield Error(
                f"{name}: manifest.toml names {entity}, connector.py does not", id="kit.E001"
            )
            continue
        if spec.source and port.normalise is None:
            yield Error(f"{name}: {entity} is a source but has no normalise", id="kit.E002")
        if "poll" in spec.source and port.changes is None:
            yield Error(f"{name}: {entity} is polled but has no changes", id="kit.E003")
        if spec.target:
            yield from _target(name, connector, entity.value)


def _target(name: str, connector: Connector, entity: str) -> Iterator[CheckMessage]:
    port = connector.entities[Entity(entity)]
    if port.write is None and port.write_many is None:
        yield Error(f"{name}: {entity} is a target but has no write", id="kit.E004")
    for flavour in connector.manifest.flavours:
        try:
            incoming(name, flavour, Entity(entity))
        except NoPreset as error:
            yield Error(str(error), id="kit.E005", hint="Add it to mapping_presets.toml.")


def _imported_later(name: str, connector: Connector) -> Iterator[CheckMessage]:
    for what, target in (("sandbox", connector.sandbox), ("witness", connector.witness)):
        module, _, factory = target.partition(":")
        if target and not (factory and importlib.util.find_spec(module)):
            yield Error(f"{name}: its {what} {target!r} is not there", id="kit.E008")
    if connector.witness and not connector.sandbox:
        yield Error(f"{name}: has a witness and no sandbox it could look at", id="kit.E009")


def _files(name: str, place: Path) -> Iterator[CheckMessage]:
    for file in ("manifest.toml", "quality.toml", "help.md"):
        if not (place / file).is_file():
            yield Error(f"{name}: {file} is missing", id="kit.E006")
            return
    ledger = tomllib.loads((place / "quality.toml").read_text("utf-8"))
    yield from _ledger(name, ledger)


def _ledger(name: str, ledger: dict[str, Any]) -> Iterator[CheckMessage]:
    for tier, rules in ledger.items():
        if not isinstance(rules, dict):
            continue
        for rule, state in rules.items():
            word: Sequence[str] = str(state).split(":", 1)
            if word[0].strip() not in STATES or (word[0].strip() == "exempt" and len(word) == 1):
                yield Error(
                    f"{name}: quality.toml says {tier}.{rule} is {state!r}",
                    id="kit.E007",
                    hint='Say "done", "todo" or "exempt: why".',
                )
