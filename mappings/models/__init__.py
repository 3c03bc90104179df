"""Rows of the mappings: a pair's own changes to the shipped rules, and its lookup tables."""

from __future__ import annotations

from mappings.models.lookup import LookupTable, TableRevision, UnmappedValue
from mappings.models.mapping_set import MappingSet
from mappings.models.preset_text import PresetText
from mappings.models.version import MappingVersion, VersionState

__all__ = [
    "LookupTable",
    "MappingSet",
    "MappingVersion",
    "PresetText",
    "TableRevision",
    "UnmappedValue",
    "VersionState",
]
