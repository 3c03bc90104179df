"""What every canonical record has in common, and the eight entities there are."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Entity(StrEnum):
    """A kind of record that flows between two systems."""

    ORDER = "order"
    CUSTOMER = "customer"
    PRODUCT = "product"
    INVENTORY = "inventory"
    PAYMENT = "payment"
    SHIPMENT = "shipment"
    REFUND = "refund"
    GIFT_CARD = "gift_card"


class InvalidRecord(ValueError):
    """A canonical record breaks a rule of its own; it waits for a person."""

    def __init__(self, message: str, *, field: str, said: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.said = said
        self.advice = advice


class Skipped(Exception):  # noqa: N818 - not an error: the record is left out on purpose
    """A record that is left out by a rule, with the reason a person reads."""


class Part(BaseModel):
    """A piece of a canonical record. Immutable; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Key = Annotated[str, Field(min_length=1, max_length=191)]


class Relation(Part):
    """Another record this one speaks of, by its id in the source system.

    `reference` is the name our own delivery of it bears there, when this record knows it.
    """

    entity: Entity
    key: Key
    reference: str = ""


class Record(Part):
    """A record in our words, on its way from one system to the other."""

    key: Key = Field(description="Id of the record in the source system")
    number: str = Field("", description='What people call it, for example "#1001"')
    updated_at: AwareDatetime | None = Field(
        None, description="Last change in the source system, aware, UTC"
    )

    @property
    def entity(self) -> Entity:
        raise TypeError(f"{type(self).__name__} names no entity")

    def relations(self) -> tuple[Relation, ...]:
        """Records that must already be linked on the other side."""
        return ()

    def wanted(self) -> tuple[Relation, ...]:
        """Records whose link is passed along when it is known, without waiting for it."""
        return ()

    @property
    def version(self) -> str:
        """Sorts as text: a record with a greater version is newer. "" when unknown."""
        moment: datetime | None = self.updated_at
        return moment.isoformat(timespec="microseconds") if moment else ""
