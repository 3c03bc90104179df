"""Which customer it is, where several fit: a person says so, once."""

from __future__ import annotations

from datetime import datetime

from integrations.models import Direction, Link
from integrations.services.remedies import Undecided
from mappings.canonical.record import Entity
from tenants.models import User
from tenants.services import audit


class BadChoice(ValueError):
    """This customer cannot be chosen; the message says why, `field` is the name of the choice."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.field = "customer"


def choose(found: Undecided, *, key: str, actor: User | None, now: datetime) -> Link:
    """Links the customer to the chosen one of those that fit.

    The record goes into that one when it is replayed. Call inside the tenant's scope. Raises
    BadChoice for one that was not among them, or that belongs to another customer already.
    """
    if key not in {one.key for one in found.candidates}:
        raise BadChoice("Choose one of the customers that are listed.")
    row = found.delivery
    pair, to_pos = row.flow.pair, row.flow.direction == Direction.TO_POS
    mine, theirs = ("store_key", "pos_key") if to_pos else ("pos_key", "store_key")
    links = Link.objects.filter(pair=pair, entity=Entity.CUSTOMER)
    taken = links.filter(**{theirs: key}).exclude(**{mine: row.key}).first()
    if taken is not None:
        raise BadChoice(
            f"{row.target.name} has this one linked to another customer already"
            f" ({getattr(taken, mine)}). Choose the other, or merge the two customers first."
        )
    before = links.filter(**{mine: row.key}).values_list(theirs, flat=True).first()
    link: Link
    link, _ = links.update_or_create(
        **{mine: row.key},
        defaults={theirs: key, "updated_at": now},
        create_defaults={
            "pair": pair,
            "entity": Entity.CUSTOMER,
            mine: row.key,
            theirs: key,
            "updated_at": now,
        },
    )
    audit.record(
        action="customer.linked",
        object_type="Link",
        object_id=link.pk,
        actor=actor,
        before={theirs: before} if before else None,
        after={"pair": str(pair.pk), mine: row.key, theirs: key},
    )
    return link
