"""manifest.toml of a connector folder, read and checked."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mappings.canonical.record import Entity


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSpec(_Part):
    """One credential or setting a person fills in. `secret` values are stored in the vault only."""

    name: str
    label: str
    help: str
    secret: bool = False
    required: bool = False
    default: str = ""
    kind: Literal["text", "number", "lines"] = "text"
    """A number is zero or more; lines are a text of several."""
    options: tuple[str, ...] = ()
    """Allowed values; empty when any text will do."""
    from_account: bool = False
    """Whether the connector can list the possible values (`choices`)."""
    asked: Literal["", "needed", "offered", "connecting"] = ""
    """Whether a person who connects an account is asked for it: without a `needed` one, records
    stop; an `offered` one may stay empty; a `connecting` one is asked for with the credentials,
    since some accounts cannot be tried without it."""
    asked_of: tuple[str, ...] = ()
    """The flavours for which it is asked; empty: all."""
    typed: Literal["always", "later", "never"] = "always"
    """When a person is asked for a credential: whenever an account is connected, only when it is
    connected again, or never, since it comes with the others."""
    made_for: tuple[str, ...] = ()
    """The flavours for which we make up a secret that a person leaves empty."""
    group: str = ""
    """The heading it stands under where all settings of a connection are shown; empty: none."""
    moves_stock: bool = False
    """Whether stock levels that were published already change with it."""


class EntitySpec(_Part):
    """How an entity moves: `source`: how we hear of changes; `target`: whether we can write it."""

    source: tuple[Literal["webhook", "poll"], ...] = ()
    target: bool = False
    mode: str = ""
    """Name of the setting that says which ways it goes: off, pos_to_store, store_to_pos or both."""


class Address(_Part):
    """Where an account lies, in the words of the person who types it."""

    label: str = "Address"
    help: str = "Its web address, beginning with https://."
    example: str = ""


class Limits(_Part):
    """What the vendor permits. `rate`: requests a second; `concurrency`: calls at once."""

    rate: float = 3.0
    concurrency: int = 1
    poll_seconds: float = 30.0


class Manifest(_Part):
    """What the product must know of a system without running its code."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    role: Literal["pos", "store"]
    flavours: dict[str, str]
    """Flavour -> what a person calls it. At least one."""
    auth: tuple[str, ...]
    address: Address = Address()
    docs: tuple[str, ...] = ()
    credentials: tuple[FieldSpec, ...]
    settings: tuple[FieldSpec, ...] = ()
    entities: dict[Entity, EntitySpec]
    topics: tuple[str, ...] = ()
    limits: Limits = Limits()
    sandbox_settings: dict[str, str] = {}
    """Settings of a connection to an account in the connector's own sandbox."""
    sandbox_options: dict[str, Any] = {}
    """Options of an account there that a witness asks as well, such as a rate limit for two."""


def load(folder: Path) -> Manifest:
    """The manifest of a connector folder. Raises pydantic's ValidationError naming the key."""
    return Manifest.model_validate(tomllib.loads((folder / "manifest.toml").read_text("utf-8")))
