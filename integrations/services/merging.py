"""Merge rules of a pair: who wins where both sides have changed one field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from integrations.models import Direction, Flow, Pair
from integrations.sync.echoes import STATES
from integrations.sync.merge_rules import ALL_OTHERS, MergeRule, rule_of
from mappings.canonical.comparing import OWN
from mappings.canonical.customer import Customer
from mappings.canonical.gift_card import GiftCard
from mappings.canonical.record import Entity, Record
from tenants.models import User
from tenants.services import audit

TYPES: dict[Entity, type[Record]] = {Entity.CUSTOMER: Customer, Entity.GIFT_CARD: GiftCard}

# What a rule means, as a person reads it.
MEANING = {
    MergeRule.NEWEST: "the record that was changed last wins; on a tie the point of sale",
    MergeRule.POS: "the point of sale owns it; a change in the store is changed back",
    MergeRule.STORE: "the store owns it; a change at the point of sale is changed back",
    MergeRule.FILL_BLANKS: "it is written where there is none, and never replaced",
    MergeRule.HOLD: "a record that both sides changed waits for a person",
}


class BadMergeRule(ValueError):
    """The entity, the field or the rule is not one there is; the message names those there are."""


@dataclass(frozen=True)
class FieldRule:
    """The rule of one field; `is_own`: it was chosen for this pair."""

    field: str
    rule: MergeRule
    is_own: bool


def shown(pair: Pair, entity: str) -> list[FieldRule]:
    """The rule of each field of the entity, `*` (all others) first. Raises BadMergeRule."""
    mine = pair.merge_rules.get(_known(entity), {})
    names = dict.fromkeys((ALL_OTHERS, *_fields(entity), *sorted(mine)))
    return [FieldRule(name, rule_of(mine, name), name in mine) for name in names]


def choose(*, pair_id: UUID, entity: str, field: str, rule: str, actor: User | None = None) -> Pair:
    """Sets the rule of a field, `*` for all others; "" goes back to what holds for all others.

    Counts for records that come from now on. Call inside the tenant's scope. Raises BadMergeRule.
    """
    _known(entity)
    if rule and rule not in set(MergeRule):
        raise BadMergeRule(f"There is no merge rule {rule}. Known are: {', '.join(MergeRule)}.")
    if field != ALL_OTHERS and field.partition(".")[0] not in _fields(entity):
        known = ", ".join((ALL_OTHERS, *_fields(entity)))
        raise BadMergeRule(f"A {entity} has no field {field}. Its fields are: {known}.")
    pair: Pair = Pair.objects.select_for_update().get(pk=pair_id)
    before = dict(pair.merge_rules.get(entity, {}))
    after = {name: value for name, value in before.items() if name != field}
    if rule:
        after[field] = rule
    pair.merge_rules = {**pair.merge_rules, entity: after}
    pair.save(update_fields=["merge_rules"])
    audit.record(
        action="pair.merge_rule_chosen",
        object_type="Pair",
        object_id=pair.pk,
        actor=actor,
        before={entity: before},
        after={entity: after},
    )
    return pair


def going_both_ways(pair: Pair) -> Sequence[str]:
    """Entities of the pair that have rules and flows in both directions."""
    flows = Flow.objects.filter(pair=pair, entity__in=[str(entity) for entity in TYPES])
    there = set(flows.values_list("entity", "direction"))
    return [
        str(entity)
        for entity in TYPES
        if all((str(entity), str(direction)) in there for direction in Direction)
    ]


def _known(entity: str) -> str:
    if entity not in TYPES or Entity(entity) not in STATES:
        known = ", ".join(TYPES)
        raise BadMergeRule(f"There are no merge rules for {entity}, only for: {known}.")
    return entity


def _fields(entity: str) -> list[str]:
    return [name for name in TYPES[Entity(entity)].model_fields if name not in OWN]
