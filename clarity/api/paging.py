"""Pages of lists: a signed cursor names the last row, so rows that come meanwhile shift nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.access import caller_of

_SALT = "clarity.api.cursor"


def place_of(request: Request, asked: Mapping[str, Any]) -> list[Any] | None:
    """What the cursor names, None for the first page. Raises ValidationError."""
    cursor = asked.get("cursor")
    if not cursor:
        return None
    try:
        found = signing.Signer(salt=_SALT).unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        found = None
    if not isinstance(found, list) or found[0] != _list_of(request):
        raise ValidationError({"cursor": ["This is no cursor of this list. Begin without one."]})
    return found[1:]


def cursor_at(request: Request, place: Sequence[Any]) -> str:
    """The cursor that goes on behind this place."""
    texts = [one.isoformat() if isinstance(one, datetime) else one for one in place]
    return str(signing.Signer(salt=_SALT).sign_object([_list_of(request), *texts], compress=True))


def page_of(
    request: Request,
    rows: QuerySet[Any],
    asked: Mapping[str, Any],
    shown: Callable[[list[Any]], Any],
    *,
    by: str = "pk",
    newest_first: bool = True,
) -> Response:
    """A page of the rows in the order of `by` and the id, as `shown` makes them answers.

    Call inside the tenant's scope.
    """
    found = _cut(request, rows, asked, by=by, newest_first=newest_first)
    limit = asked["limit"]
    page = found[:limit]
    after = None
    if len(found) > limit:
        last = page[-1]
        values = [last.pk] if by == "pk" else [getattr(last, by), last.pk]
        after = cursor_at(request, [str(v) if not isinstance(v, datetime) else v for v in values])
    return answer_page(shown(page), after)


def answer_page(items: Any, after: str | None) -> Response:
    """One page of a list; `after` leads to the next."""
    return Response({"items": items, "next": after})


def _cut(
    request: Request, rows: QuerySet[Any], asked: Mapping[str, Any], *, by: str, newest_first: bool
) -> list[Model]:
    sign, beyond = ("-", "lt") if newest_first else ("", "gt")
    place = place_of(request, asked)
    if place is not None and by == "pk":
        rows = rows.filter(**{f"pk__{beyond}": place[0]})
    elif place is not None:
        rows = rows.filter(
            Q(**{f"{by}__{beyond}": place[0]}) | Q(**{by: place[0], f"pk__{beyond}": place[1]})
        )
    order = [f"{sign}pk"] if by == "pk" else [f"{sign}{by}", f"{sign}pk"]
    return list(rows.order_by(*order)[: asked["limit"] + 1])


def _list_of(request: Request) -> str:
    """Which list of which tenant: a cursor of another one says nothing here."""
    return f"{caller_of(request).tenant.pk.hex[:8]}{request.path}"
