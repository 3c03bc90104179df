"""Finds the customer that comes among those of the shop, before one is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from integrations.connector_kit.base import Account, Outgoing
from integrations.connector_kit.matching import choose
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.polling import complete
from mappings.canonical.address import Address
from mappings.canonical.customer import Customer

Node = Mapping[str, Any]
Normalise = Callable[[Payload, Account], Customer]

SYSTEM = "Shopify"


def existing(client: ShopClient, outgoing: Outgoing, normalise: Normalise) -> Node | None:
    """The customer by link, e-mail, phone, or name and address; None when there is none.

    Raises Rejected when several fit equally well.
    """
    if outgoing.linked_id:
        linked = _identified(client, {"id": to_gid("Customer", outgoing.linked_id)})
        if linked is not None:
            return linked
    wanted = wanted_of(outgoing.fields, outgoing.key)
    for by, nodes in _candidates(client, wanted):
        read = [(node, normalise(Payload(node), client.account)) for node in nodes]
        if found := choose(wanted, read, by=by, system=SYSTEM):
            return found
    return None


def wanted_of(fields: Mapping[str, Any], key: str) -> Customer:
    """What the rules made of a customer, in our words again."""
    texts = {name: str(fields.get(name) or "") for name in _TEXTS}
    places = tuple(Address.model_validate(place) for place in fields.get("addresses") or ())
    return Customer(key=key, addresses=places, **texts)


_TEXTS = ("email", "phone", "first_name", "last_name")


def _candidates(client: ShopClient, wanted: Customer) -> Iterator[tuple[str, Sequence[Node]]]:
    """Asked one after the other, as long as nothing is found."""
    for by, name, value in (
        ("email", "emailAddress", wanted.email),
        ("phone", "phoneNumber", wanted.phone if wanted.phone.startswith("+") else ""),
    ):
        if value and (found := _identified(client, {name: value})):
            yield by, [found]
    if wanted.first_name and wanted.last_name and (wanted.addresses or wanted.phone):
        yield "name", _namesakes(client, wanted)


def _identified(client: ShopClient, identifier: Mapping[str, str]) -> Node | None:
    answer = client.run("CustomerByIdentifier", {"identifier": identifier})
    found: Node | None = complete(answer)["customerByIdentifier"]
    return found


def _namesakes(client: ShopClient, wanted: Customer) -> Sequence[Node]:
    query = f"first_name:{_quoted(wanted.first_name)} last_name:{_quoted(wanted.last_name)}"
    found: Sequence[Node] = complete(client.run("CustomersNamed", {"q": query}))["customers"][
        "nodes"
    ]
    return found


def _quoted(text: str) -> str:
    """Shopify: API search syntax."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
