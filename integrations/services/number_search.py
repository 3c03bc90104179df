"""Whether records of an account bear a number, for those who look for one over several accounts.

Whole numbers only, and nothing else that could name a person: see `search` for all the rest.
"""

from __future__ import annotations

from integrations.models import InboxItem, SearchTerm, TermKind
from integrations.services.search import latest_of
from integrations.sync.search_terms import comparable

LONGEST = 80
SHORTEST = 3
# So many records that are known by this number are asked whether a notice of them is still kept.
_FEW = 5


class BadNumber(ValueError):
    """This is no number that can be looked for; the message says why."""


def readable(text: str) -> str:
    """The number as it is looked for. Raises BadNumber."""
    number = text.replace("\x00", "").strip()
    if "@" in number:
        raise BadNumber("E-mail addresses are looked for within one account only. Open it first.")
    if len(number) > LONGEST:
        raise BadNumber(f"That is too long: a number has at most {LONGEST} characters.")
    if len(comparable(number)) < SHORTEST:
        raise BadNumber(f"Type the whole number, at least {SHORTEST} characters of it.")
    return number


def has_number(number: str) -> bool:
    """Whether a record of the account has this number. Call inside the tenant's scope."""
    bare = number.lstrip("#")
    if InboxItem.objects.filter(number__in=[number, bare, f"#{bare}"]).exclude(number="").exists():
        return True
    terms = SearchTerm.objects.filter(kind=TermKind.NUMBER, term=comparable(number))
    places = terms.order_by("connection_id", "entity", "key")
    return bool(latest_of(places.values_list("connection_id", "entity", "key")[:_FEW]))
