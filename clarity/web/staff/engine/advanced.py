"""Below the surface of an account: its lanes, its cursors, its data key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import zone_of
from clarity.web.once_more import once_more
from clarity.web.staff.engine.acts import Act, Mistake, Question, Wrong, carry_out
from clarity.web.staff.frame import account_page
from clarity.web.staff.gate import staff_page
from integrations.models import Cursor, DataKey, Lane
from integrations.services import budgets, credential_renewal, cursors
from integrations.services.credential_renewal import CannotRenew
from integrations.services.cursors import CannotMove, Standing
from tenants.models import User
from tenants.services import staff, staff_door
from tenants.services.staff import May

TAB = "account-advanced"
_asks_first = require_http_methods(["GET", "HEAD", "POST"])
_WRITTEN = "%-d %B %Y, %H:%M:%S %Z"


@staff_page
@require_safe
def overview(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Who calls which account at this moment, how far each is read, and which key seals."""
    now = timezone.now()
    with staff_door.looking(person, slug, at="lanes, cursors and data key") as tenant:
        lanes = list(Lane.objects.select_related("connection").order_by("connection__name", "pk"))
        used = budgets.in_use(connections=[one.pk for one in lanes], now=now)
        context = {
            "lanes": [
                {
                    "lane": one,
                    "is_held": bool(one.holder and one.lease_until and one.lease_until > now),
                    "use": used.get(one.pk),
                }
                for one in lanes
            ],
            "cursors": cursors.every(),
            "key": credential_renewal.data_key(),
            "may_act": staff.may(person, May.ACT),
        }
    return account_page(
        request, person, "staff/engine/advanced.html", tenant=tenant, tab=TAB, context=context
    )


@staff_page
@_asks_first
@once_more
def move(request: HttpRequest, person: User, slug: str, cursor_id: int) -> HttpResponse:
    """Asks for the place, then says what is read again or skipped, then moves the cursor there."""
    given = request.POST if request.method == "POST" else request.GET
    is_chosen = "to" in given or "anew" in given

    def question(cursor: Cursor, wrong: Wrong) -> Question:
        zone, before = zone_of(cursor.tenant), cursors.standing(cursor)
        chosen: datetime | None = None
        try:
            if is_chosen:
                chosen = _moment(given, zone)
                cursors.place(before, chosen, now=timezone.now())
        except (CannotMove, Mistake) as error:
            wrong = {"to": str(error), **wrong}
        if not is_chosen or "to" in wrong:
            return _where(before, given.get("to", ""), wrong.get("to", ""))
        return Question(
            _asked(before, chosen, zone),
            _consequences(before, chosen, zone),
            "Move it",
            "swap",
            quiet=cursor.connection.name,
            template="staff/engine/cursor_ask.html",
            more={"to": given.get("to", ""), "anew": chosen is None, "seen": before.version},
        )

    def do(cursor: Cursor) -> str:
        after = cursors.move(
            cursor_id=cursor_id,
            to=_moment(given, zone_of(cursor.tenant)),
            seen=request.POST.get("seen", ""),
            actor=person,
            now=timezone.now(),
        )
        return f"{after.name} of {cursor.connection.name} are read from the new place on, at once."

    act = Act(
        name="move a cursor",
        about=str(cursor_id),
        tab=TAB,
        part="Advanced",
        back=reverse("admin:account-advanced", kwargs={"slug": slug}),
        row=lambda: _cursor(cursor_id),
        question=question,
        do=do,
        refused=(CannotMove,),
    )
    return carry_out(request, person, slug, act)


@staff_page
@_asks_first
def rotate(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """A new data key for the account."""

    def question(key: DataKey, wrong: Wrong) -> Question:
        return Question(
            "Renew the data key of this account?",
            (
                "Its credentials are sealed again under the new key, while everything goes on.",
                "What is stored already stays readable under the key that sealed it, until its time"
                " is up.",
                "Do this once a year, and at once when a key may have been seen.",
            ),
            "Renew the key",
            "key",
            template="staff/engine/key_ask.html",
            more={"seen": key.version},
        )

    def do(key: DataKey) -> str:
        seen = request.POST.get("seen", "")
        count = credential_renewal.rotate_data_key(
            tenant_id=key.tenant_id,
            seen=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
            actor=person,
        )
        return f"The data key is renewed, and {count} credentials are sealed under the new one."

    act = Act(
        name="renew the data key",
        about="",
        tab=TAB,
        part="Advanced",
        back=reverse("admin:account-advanced", kwargs={"slug": slug}),
        row=_key,
        question=question,
        do=do,
        refused=(CannotRenew,),
        asks_the_account=True,
    )
    return carry_out(request, person, slug, act)


def _cursor(cursor_id: int) -> Cursor:
    rows = Cursor.objects.select_related("connection", "tenant")
    found: Cursor | None = rows.filter(pk=cursor_id).first() if cursor_id < 2**63 else None
    if found is None:
        raise Http404
    return found


def _key() -> DataKey:
    key = credential_renewal.data_key()
    if key is None:
        raise Http404
    return key


def _moment(given: QueryDict, zone: ZoneInfo) -> datetime | None:
    """The time that was typed, of the account's zone; None: begin anew. Raises Mistake."""
    if given.get("anew"):
        return None
    text = given.get("to", "").strip()
    if not text:
        raise Mistake({"to": "Say from which time on to read."})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Mistake(
            {"to": f"{text[:40]!r} is no date and time. Write it as 2026-11-20 08:30."}
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _where(before: Standing, typed: str, error: str) -> Question:
    """The form that asks for the place."""
    return Question(
        f"From where are {before.name.lower()} read?",
        (),
        "See what that means",
        "arrow",
        quiet=before.cursor.connection.name,
        template="staff/engine/cursor.html",
        more={"place": before, "to": typed, "to_error": error},
    )


def _asked(before: Standing, to: datetime | None, zone: ZoneInfo) -> str:
    name = before.name.lower()
    if to is None:
        return f"Read {name} as on the first day?"
    return f"Read {name} from {to.astimezone(zone).strftime(_WRITTEN)} on?"


def _consequences(before: Standing, to: datetime | None, zone: ZoneInfo) -> Sequence[str]:
    """What is read again, or skipped, when it is moved there."""
    system, name = before.cursor.connection.name, before.name.lower()
    backfill = "it comes when it changes again, or with a backfill where there is one."
    if to is None:
        return (
            f"{system} is read as when it was connected: from this moment on, or from the first"
            " record where its connector always reads all of them.",
            f"What changed of {name} before and was not read yet is skipped: {backfill}",
        )
    there = to.astimezone(zone).strftime(_WRITTEN)
    if before.reached is None or to < before.reached:
        return (
            f"What changed of {name} in {system} since {there} is read again.",
            "What was taken in already in the same version is known and left out, and what the target"
            " has exactly like this is not written twice.",
            "It takes calls of the account. Reading waits whenever newer records have to be sent.",
        )
    stands = before.reached.astimezone(zone).strftime(_WRITTEN)
    return (
        f"What changed of {name} in {system} between {stands} and {there} and was not read yet is"
        f" skipped: {backfill}",
        "An order that is skipped does not reach the other side by itself.",
    )
