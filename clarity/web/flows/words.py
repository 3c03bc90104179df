"""What switching a flow means, for the person who is about to do it."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.models import Direction, Flow
from integrations.services import backfills
from integrations.services.verdict import flow_name
from mappings.canonical.record import Entity


def name_of(flow: Flow) -> str:
    """ "Products", "Stock levels"."""
    return flow_name(flow)


def consequences(flow: Flow) -> Sequence[str]:
    """What happens when it is switched to the other state."""
    source, target = flow.source.name, flow.target.name
    if flow.is_on:
        later = "; a backfill catches up." if _can_be_backfilled(flow) else "."
        return (
            f"Nothing of this kind goes from {source} to {target} any more.",
            f"What changes meanwhile is left out and not kept for later{later}",
        )
    if (flow.entity, flow.direction) == (Entity.PRODUCT, Direction.TO_POS):
        return (
            f"Articles of {source} are linked to items of {target} by SKU; nothing is written there.",
            f"An article that is new in {source} gets its stock at once, not with the next sale.",
            f"It costs calls: {source} tells of an article with each of its sales.",
        )
    if (flow.entity, flow.direction) == (Entity.ORDER, Direction.TO_STORE):
        return (
            f"Number, status and payment of a web order in {source} are noted on the order in"
            f" {target}, whenever they change from now on.",
            f"An order that is cancelled in {source} is marked as well; the settings of {target}"
            " can have it cancelled there.",
        )
    said = [f"From now on, what changes in {source} goes to {target}."]
    if (flow.entity, flow.direction) == (Entity.PRODUCT, Direction.TO_STORE):
        said += [
            f"Articles that {target} sells already are linked by SKU and get the price of {source}"
            "; titles, texts and images stay as they are.",
            "Articles it lacks become drafts that no buyer sees until you publish them.",
            f"The settings of {target} can say otherwise. Nothing is ever deleted.",
        ]
    if flow.entity == Entity.INVENTORY:
        said.append(f"Numbers that {target} shows already are worked out again at once.")
    before = (
        "What was there before goes with a backfill, which you start yourself."
        if _can_be_backfilled(flow)
        else "What changed while it was off is not carried."
    )
    return [*said, before]


def _can_be_backfilled(flow: Flow) -> bool:
    return Entity(flow.entity) in backfills.CARRIED
