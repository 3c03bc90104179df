"""searchCriteria: what a list is asked for, written so that signatures hold.

Magento: Search using REST endpoints. Filters of one group are alternatives, groups must all hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

PAGE = 100
# Names are signed in an order that differs between libraries once an index has two digits.
_MOST = 10


@dataclass(frozen=True)
class Filter:
    """`condition`: eq, neq, gt, gteq, lt, lteq, like, in, nin, null, notnull, finset, from, to.

    `in` and `nin` take a text with commas.
    """

    field: str
    value: str
    condition: str = "eq"


@dataclass(frozen=True)
class Criteria:
    """`filters`: groups that must all hold, each of alternatives. `sort`: (field, ASC or DESC).

    `fields`: "items[entity_id,updated_at],total_count" to be sent no more than that.
    """

    filters: Sequence[Sequence[Filter]] = ()
    sort: Sequence[tuple[str, str]] = (("updated_at", "ASC"), ("entity_id", "ASC"))
    page: int = 1
    size: int = PAGE
    fields: str = ""

    def paged(self, page: int, size: int) -> Criteria:
        return replace(self, page=page, size=size)

    def params(self) -> list[tuple[str, str]]:
        """Names and values. Raises ValueError for more groups or alternatives than can be signed."""
        if len(self.filters) > _MOST or any(len(group) > _MOST for group in self.filters):
            raise ValueError("at most ten groups of ten filters; use the condition `in`")
        made = []
        for at, group in enumerate(self.filters):
            for number, one in enumerate(group):
                name = f"searchCriteria[filter_groups][{at}][filters][{number}]"
                made += [
                    (f"{name}[field]", one.field),
                    (f"{name}[value]", one.value),
                    (f"{name}[condition_type]", one.condition),
                ]
        for number, (field, direction) in enumerate(self.sort):
            name = f"searchCriteria[sortOrders][{number}]"
            made += [(f"{name}[field]", field), (f"{name}[direction]", direction)]
        made += [
            ("searchCriteria[pageSize]", str(self.size)),
            ("searchCriteria[currentPage]", str(self.page)),
        ]
        return [*made, ("fields", self.fields)] if self.fields else made


def where(field: str, value: str, condition: str = "eq") -> tuple[Filter]:
    """A group of one filter."""
    return (Filter(field, value, condition),)


def query(params: Sequence[tuple[str, str]]) -> str:
    """The query string, "" without parameters.

    Everything but letters, digits and -._~ is escaped, spaces as %20: the shop takes the string
    apart by hand to check the signature, and reads a plus sign as itself and a bare = as rubbish.
    """
    pairs = (f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in params)
    return "&".join(pairs)
