"""The hosted pages: Checkout, where a card is entered, and the portal, where it is changed."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from tests.stripe_server.state import Fields

if TYPE_CHECKING:
    from tests.stripe_server.front import Front

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><h1>{title}</h1>{body}</body></html>"""
_CARD = """<p role="alert">{said}</p><form method="post"><label>Card number
<input name="card" inputmode="numeric" autocomplete="cc-number" required></label>
<button>{button}</button></form><a href="{back}">Back</a>"""


def answer(front: Front, request: Request) -> Response:
    """/pay/<session> and /portal/<session>."""
    _, kind, one = request.path.split("/")
    if kind == "portal":
        return _portal(front, request, front.state.portals[one])
    session = front.state.sessions[one]
    said = ""
    if request.method == "POST" and session["status"] == "open":
        said = pay(front, session, request.form["card"])
    if session["status"] != "open":
        return redirect(session["success_url"])
    amount = f"{session['amount_total'] / 100:,.2f} {session['currency'].upper()}"
    keeps = "setup_future_usage" in session["_intent"]
    said += " Your card is kept for future payments." if keeps else ""
    return _page(session["_name"], _form(said, f"Pay {amount}", session["cancel_url"]))


def pay(front: Front, session: Fields, card: str) -> str:
    """Somebody pays on the page; answers why it did not work, "" when it did."""
    with front.state.lock:
        if session["status"] != "open":
            return "This page is over."
        kept = session["_intent"].get("setup_future_usage")
        method_id = card_of(front, card)
        if kept:
            attached, _ = front.local(
                "POST", f"/payment_methods/{method_id}/attach", [("customer", session["customer"])]
            )
            if attached >= 400:
                return "Your card was declined."
        said = [("amount", str(session["amount_total"])), ("currency", session["currency"]),
                ("customer", session["customer"]), ("payment_method", method_id),
                *((f"metadata[{n}]", v) for n, v in session["_intent"]["metadata"].items())]  # fmt: skip
        _, made = front.local("POST", "/payment_intents", said)
        status, _ = front.local("POST", f"/payment_intents/{made['id']}/confirm")
        session["payment_intent"] = made["id"]
        if status >= 400:
            front.state.event("payment_intent.payment_failed", front.intent(made["id"]))
            return "Your card was declined."
        front.lay(made["id"], {"setup_future_usage": kept})
        session.update(status="complete", payment_status="paid", url=None)
        intent = front.intent(made["id"])
        if intent["status"] == "succeeded":
            front.state.event("payment_intent.succeeded", intent)
        shown = {name: value for name, value in session.items() if not name.startswith("_")}
        front.state.event("checkout.session.completed", shown)
        return ""


def card_of(front: Front, number: str) -> str:
    """A payment method of this card number; an account number (SEPA) is debited later."""
    if number.startswith("DE"):
        said = [("type", "sepa_debit"), ("sepa_debit[iban]", number)]
    else:
        said = [("type", "card"), ("card[number]", number.replace(" ", "")),
                ("card[exp_month]", "12"), ("card[exp_year]", "2034"), ("card[cvc]", "123")]  # fmt: skip
    made: str = front.local("POST", "/payment_methods", said)[1]["id"]
    return made


def _portal(front: Front, request: Request, portal: Fields) -> Response:
    customer = portal["customer"]
    if request.method == "POST":
        method_id = card_of(front, request.form["card"])
        front.local("POST", f"/payment_methods/{method_id}/attach", [("customer", customer)])
        usual = [("invoice_settings[default_payment_method]", method_id)]
        front.state.event(
            "customer.updated", front.local("POST", f"/customers/{customer}", usual)[1]
        )
        return redirect(portal["return_url"])
    return _page("Your card", _form("", "Use this card", portal["return_url"]))


def _form(said: str, button: str, back: str) -> str:
    return _CARD.format(said=escape(said), button=escape(button), back=escape(back, quote=True))


def _page(title: str, body: str) -> Response:
    return Response(_PAGE.format(title=escape(title), body=body), content_type="text/html")
