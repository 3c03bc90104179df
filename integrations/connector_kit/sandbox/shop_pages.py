"""Pieces that the pages of every store's sandbox are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from integrations.connector_kit.sandbox.faults import Fault, FaultKind, Faults
from integrations.connector_kit.sandbox.values import whole_of

_FAULT_FORM = Markup(
    '<section><h2>Trouble</h2><form method="post" action="{base}/fail">'
    '<label>Fail the next<input type="number" name="times" value="3" min="1" max="500"></label>'
    '<label>with<select name="kind"><option value="status">HTTP 503</option>'
    '<option value="throttle">{throttled}</option><option value="refuse">no connection</option>'
    "</select></label><button>Fail the next calls</button></form></section>"
)
_NO_SHOP = Markup(
    "<section><h2>Shops</h2><p>No shop yet. Add one over the control API.</p></section>"
)
_NOTE = Markup("<p><small>A stand-in for {}. Nothing here leaves this machine.</small></p>")
_TABLE = Markup(
    '<section><h2>{title}</h2><div class="wide"><table><tr>{heads}</tr>{rows}</table></div>{more}'
    "</section>"
)


def table(title: str, heads: Sequence[str], rows: Markup, hidden: int = 0) -> Markup:
    """`heads`: one that begins with "#" stands over numbers. `hidden`: rows that are not shown."""
    cells = Markup("").join(
        Markup('<th class="n">{}</th>').format(head[1:])
        if head.startswith("#")
        else Markup("<th>{}</th>").format(head)
        for head in heads
    )
    more = Markup("<small>and {} more</small>").format(hidden) if hidden else ""
    return _TABLE.format(title=title, heads=cells, rows=rows, more=more)


def shops(heads: Sequence[str], rows: Markup, vendor: str) -> Markup:
    """The first page's body; `rows` are empty before the first account."""
    return (table("Shops", heads, rows) if rows else _NO_SHOP) + _NOTE.format(vendor)


def fault_form(base: str, throttled: str) -> Markup:
    """`base`: path of the shop. `throttled`: how the vendor calls a rate limit that is used up."""
    return _FAULT_FORM.format(base=base, throttled=throttled)


def fail_next(faults: Faults, form: Mapping[str, str]) -> str:
    """Does what the fault form asks; answers what is said to the person."""
    try:
        times = whole_of(form.get("times", "1"), "times", least=1, most=500)
        kind = FaultKind(form.get("kind", FaultKind.STATUS))
    except ValueError as error:
        return f"Not set: {error}."
    faults.add(Fault(kind, value=503 if kind is FaultKind.STATUS else 0, times=times))
    return f"The next {times} calls will fail ({kind.value})."


def back(base: str, said: str) -> Response:
    """To the shop's page at the path `base`, with a message."""
    return redirect(f"{quote(base)}/?said={quote(said)}", code=303)
