"""Goods and people of a shop. Plain data; rules live beside the calls that apply them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

ENABLED, DISABLED = 1, 2
NOT_VISIBLE, IN_CATALOG_AND_SEARCH = 1, 4

# Types that lie on a shelf; the others are put together of these.
STOCKED_TYPES = ("simple", "virtual", "downloadable", "giftcard")


@dataclass
class ConfigurableOption:
    """One attribute by which the children of a configurable product differ."""

    id: int
    attribute_id: int
    label: str
    position: int
    values: list[int] = field(default_factory=list)


@dataclass
class MediaEntry:
    id: int
    file: str
    label: str | None
    position: int
    is_disabled: bool
    types: list[str]
    content: str = field(default="", repr=False)


@dataclass
class Product:
    """`custom`: values of the attributes that have no field of their own, by code. `by_store`: what a
    store view has instead of the global value, by store code and then by field or attribute.
    `children`: SKUs of a configurable product's variants. `extension`: what modules keep with it."""

    id: int
    sku: str
    name: str
    created_at: datetime
    updated_at: datetime
    price: Decimal | None = None
    attribute_set_id: int = 4
    type_id: str = "simple"
    status: int = ENABLED
    visibility: int = IN_CATALOG_AND_SEARCH
    weight: Decimal | None = None
    website_ids: list[int] = field(default_factory=lambda: [1])
    category_ids: list[str] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)
    by_store: dict[str, dict[str, Any]] = field(default_factory=dict)
    options: list[ConfigurableOption] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    media: list[MediaEntry] = field(default_factory=list)
    tier_prices: list[dict[str, Any]] = field(default_factory=list)
    stock_flags: dict[str, Any] = field(default_factory=dict)
    extension: dict[str, Any] = field(default_factory=dict)

    @property
    def is_stocked(self) -> bool:
        return self.type_id in STOCKED_TYPES

    @property
    def is_virtual(self) -> bool:
        return self.type_id in ("virtual", "downloadable")


@dataclass
class AttributeOption:
    """`id` is what products hold, `label` what people read."""

    id: int
    label: str
    sort_order: int = 0


@dataclass
class Attribute:
    """A product attribute. `is_global`: one value for all stores."""

    id: int
    code: str
    label: str
    kind: str = "text"
    is_global: bool = False
    is_own: bool = False
    is_required: bool = False
    options: list[AttributeOption] = field(default_factory=list)


@dataclass
class Address:
    """An address of a customer's book; `region_id` 0 for a region that is free text."""

    id: int
    customer_id: int
    firstname: str
    lastname: str
    street: list[str]
    city: str
    country_id: str
    postcode: str | None = None
    telephone: str | None = None
    company: str | None = None
    region: str | None = None
    region_code: str | None = None
    region_id: int = 0
    middlename: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    fax: str | None = None
    vat_id: str | None = None
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass
class Customer:
    """`default_billing` and `default_shipping` are ids of addresses. `balances`: store credit by
    website id (Commerce)."""

    id: int
    email: str
    firstname: str
    lastname: str
    created_at: datetime
    updated_at: datetime
    group_id: int = 1
    website_id: int = 1
    store_id: int = 1
    created_in: str = "Default Store View"
    middlename: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    dob: str | None = None
    gender: int | None = None
    taxvat: str | None = None
    default_billing: int | None = None
    default_shipping: int | None = None
    disable_auto_group_change: int = 0
    is_subscribed: bool = False
    custom: dict[str, Any] = field(default_factory=dict)
    addresses: list[Address] = field(default_factory=list)
    balances: dict[int, Decimal] = field(default_factory=dict)
