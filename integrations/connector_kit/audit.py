"""What a connector finds when its account is looked over before records flow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mappings.canonical.record import Entity

# (entity, ids) -> those of the ids that we made there ourselves.
Ours = Callable[[Entity, Collection[str]], Collection[str]]


class Weight(StrEnum):
    """`BLOCKER`: records would be held or go wrong. `NOTICE`: someone should know and decide."""

    BLOCKER = "blocker"
    NOTICE = "notice"


@dataclass(frozen=True)
class Finding:
    """One thing that stands in the way.

    `kind` names it in code and answers ("required_field"). `said`: what is wrong, as a sentence.
    `count`: how many there are of it; `examples`: a few of them. `fix`: what to do, and where.
    `filled_by`: a target field, as (entity, path), with which it is no trouble any more: a mapping
    rule fills what the account requires.
    """

    kind: str
    said: str
    fix: str
    count: int = 1
    examples: Sequence[str] = ()
    weight: Weight = Weight.BLOCKER
    filled_by: tuple[Entity, str] | None = None


@dataclass(frozen=True)
class Article:
    """Something that can be sold there. `sku` is exactly what stands there, "" when nothing does."""

    key: str
    sku: str
    title: str


@dataclass(frozen=True)
class Shelf:
    """One page of articles; `cursor` leads to the next page, "" when this was the last."""

    articles: Sequence[Article]
    cursor: str = ""
