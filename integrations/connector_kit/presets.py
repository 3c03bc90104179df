"""Ready-made mapping rules: mapping_presets.toml of a connector folder."""

from __future__ import annotations

import tomllib
from functools import cache

from integrations.connector_kit.registry import folder
from mappings.canonical.record import Entity
from mappings.engine.rules import RuleSet, rule_set


class NoPreset(LookupError):
    """The connector ships no rules for this entity and flavour."""


@cache
def incoming(connector: str, flavour: str, entity: Entity) -> RuleSet:
    """The rules that turn a canonical record into the fields this connector writes.

    Raises NoPreset when the connector cannot take the entity in this flavour.
    """
    file = folder(connector) / "mapping_presets.toml"
    for preset in tomllib.loads(file.read_text("utf-8")).get("preset", []):
        if (preset["entity"], preset["direction"], preset["flavour"]) == (entity, "in", flavour):
            return rule_set(f"{connector}/{flavour}/{entity}", preset["rules"])
    raise NoPreset(f"{connector} ({flavour}) ships no rules for {entity}")


def of_name(connector: str, flavour: str, entity: str) -> RuleSet:
    """`incoming` for words that may name nothing. Raises NoPreset."""
    try:
        return incoming(connector, flavour, Entity(entity))
    except (ValueError, LookupError):
        raise NoPreset(f"there are no rules {connector}/{flavour}/{entity}") from None
