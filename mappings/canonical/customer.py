"""What a customer is."""

from __future__ import annotations

from pydantic import Field

from mappings.canonical.address import Address
from mappings.canonical.record import Entity, Record


class Customer(Record):
    """A person who buys."""

    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    addresses: tuple[Address, ...] = ()
    custom: dict[str, str] = Field(default_factory=dict, description="Custom fields by key")

    @property
    def entity(self) -> Entity:
        return Entity.CUSTOMER
