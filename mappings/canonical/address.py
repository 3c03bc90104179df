"""A postal address."""

from __future__ import annotations

from pydantic import Field

from mappings.canonical.record import Part


class Address(Part):
    """Where something is sent or billed to."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    lines: tuple[str, ...] = Field((), description="Street lines, without the city")
    city: str = ""
    region: str = Field("", description='State or province, its code where known: "TX"')
    postal_code: str = ""
    country: str = Field("", description='ISO 3166 two-letter code: "US"')
    phone: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether a parcel could be sent there."""
        return bool(self.lines and self.city and self.country)
