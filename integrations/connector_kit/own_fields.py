"""Fields that people added to their own account, as a connector finds them there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mappings.canonical.record import Entity


class Use(StrEnum):
    """`READ`: rules can take the value from here. `WRITTEN`: rules can fill it here."""

    READ = "read"
    WRITTEN = "written"


@dataclass(frozen=True)
class FieldFound:
    """One field of one entity.

    `path`: what a mapping rule calls it, as its source where it is read and as its target where it
    is written. `title`: what people there call it. `type`: the system's own word for what it holds,
    "" when it does not say. `is_required`: records are refused that leave it empty.
    """

    entity: Entity
    path: str
    title: str
    use: Use
    type: str = ""
    is_required: bool = False
