"""The front: Stripe's API as far as we use it, its hosted pages, and a control API for tests."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import requests
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tests.stripe_server import pages
from tests.stripe_server.state import Fault, Fields, State, signed, tree

# What localstripe refuses to be told, and we keep beside it.
_BESIDE = {
    "payment_intents": ("automatic_payment_methods", "description", "setup_future_usage"),
    "confirm": ("off_session", "payment_method"),
}
_AUTH = {"Authorization": "Bearer sk_test_local"}


class Front:
    """One account; answers each request on a thread of its own."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.state = State()
        self.address = ""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.answer(Request(environ))(environ, start_response)

    def answer(self, request: Request) -> Response:
        if request.path.startswith("/_test/"):
            return self._control(request)
        if request.path.startswith("/v1/"):
            return self._api(request)
        return pages.answer(self, request)

    # --- the API -----------------------------------------------------------------------------

    def _api(self, request: Request) -> Response:
        """With Stripe's idempotency: the same key gives the same answer, also of an error of its
        own; with other values it is refused. https://docs.stripe.com/api/idempotent_requests"""
        if not request.headers.get("Authorization", "").startswith("Bearer sk_test_"):
            return failed(401, "invalid_request_error", "Invalid API Key provided")
        call = f"{request.method} {request.path}"
        body = request.get_data()
        fault = self.state.fault(call)
        if fault and not fault.is_after:
            return failed(503, "api_error", "away")
        with self.state.lock:
            self.state.calls.append(call)
            key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
            known = self.state.answers.get(key) if key else None
            mark = hashlib.sha256(call.encode() + body).hexdigest()
            if known is None:
                answer = self._route(request, tree(list(_form(request))))
                if key:
                    self.state.answers[key] = (mark, answer.status_code, answer.get_data())
            elif known[0] != mark:
                answer = failed(400, "idempotency_error", "Keys can only be used with the same")
            else:
                answer = Response(known[2], known[1], content_type="application/json")
        return failed(503, "api_error", "away") if fault else answer

    def _route(self, request: Request, said: Fields) -> Response:
        parts = request.path.removeprefix("/v1/").split("/")
        match [request.method, *parts]:
            case ["POST", "checkout", "sessions"]:
                return self._new_session(said)
            case [_, "checkout", "sessions", session_id]:
                return shown(self.state.sessions.get(session_id))
            case ["POST", "checkout", "sessions", session_id, "expire"]:
                return self._expire(session_id)
            case ["POST", "billing_portal", "sessions"]:
                made = {"id": self.state.id("bps"), "object": "billing_portal.session", **said}
                made["url"] = f"{self.address}/portal/{made['id']}"
                self.state.portals[made["id"]] = made
                return shown(made)
            case ["GET", "disputes", dispute_id]:
                return shown(self.state.disputes.get(dispute_id))
            case _:
                return self._pass_on(request, parts, said)

    def _new_session(self, said: Fields) -> Response:
        line = said["line_items"]["0"]
        minor = int(line["price_data"]["unit_amount"])
        if minor < 50:
            return failed(400, "invalid_request_error", "too small", code="amount_too_small")
        if not 1800 - 60 <= int(said["expires_at"]) - time.time() <= 86400:
            return failed(400, "invalid_request_error", "expires_at", code="parameter_invalid")
        session_id = self.state.id("cs_test")
        self.state.sessions[session_id] = {
            "id": session_id,
            "object": "checkout.session",
            "amount_total": minor,
            "client_reference_id": said["client_reference_id"],
            "currency": line["price_data"]["currency"],
            "customer": said["customer"],
            "cancel_url": said["cancel_url"],
            "expires_at": int(said["expires_at"]),
            "livemode": False,
            "metadata": said.get("metadata", {}),
            "mode": said["mode"],
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": said["success_url"],
            "url": f"{self.address}/pay/{session_id}",
            "_intent": said["payment_intent_data"],
            "_name": line["price_data"]["product_data"]["name"],
        }
        return shown(self.state.sessions[session_id])

    def _expire(self, session_id: str) -> Response:
        session = self.state.sessions[session_id]
        if session["status"] != "open":
            return failed(400, "invalid_request_error", "Only open sessions can be expired")
        self.expire(session)
        return shown(session)

    def expire(self, session: Fields) -> None:
        session.update(status="expired", url=None)
        self.state.event("checkout.session.expired", public(session))

    def _pass_on(self, request: Request, parts: list[str], said: Fields) -> Response:
        beside = _BESIDE.get(parts[-1], ())
        flat = [(n, v) for n, v in _form(request) if n.split("[")[0] not in (*beside, "expand")]
        if request.method == "GET":
            flat = list(request.args.items(multi=True))
            flat = [(re.sub(r"^expand\[\d+\]$", "expand[]", n), v) for n, v in flat]
            flat = [(n, v) for n, v in flat if v != "latest_charge"]
        status, found = self.local(request.method, "/" + "/".join(parts), flat)
        if status >= 400:
            return self._local_error(status, found, parts)
        if parts == ["payment_intents"] and request.method == "POST":
            for name in ("description", "setup_future_usage"):
                self.lay(found["id"], {name: said.get(name)})
        found = self.whole(found)
        if parts[-1] == "confirm":
            return self._confirmed(found)
        if parts[0] == "refunds" and request.method == "POST":
            self.refunded(found)
        if parts[0] == "customers" and len(parts) == 2 and request.method == "POST":
            self.state.event("customer.updated", found)
        if parts[-1] == "detach":
            self.detached(parts[1])
        return shown(found)

    def _local_error(self, status: int, found: Fields, parts: list[str]) -> Response:
        error = found.get("error", {})
        if status == 402:
            if parts[-1] == "confirm":
                self.state.event("payment_intent.payment_failed", self.intent(parts[1]))
            return failed(
                402, "card_error", "Declined", code=error.get("code", "card_declined"),
                decline_code="insufficient_funds",
            )  # fmt: skip
        code = "resource_missing" if status == 404 else ""
        return failed(status, "invalid_request_error", error.get("message", ""), code=code)

    def _confirmed(self, intent: Fields) -> Response:
        if intent["status"] == "succeeded":
            self.state.event("payment_intent.succeeded", intent)
        if intent["status"] != "requires_action":
            return shown(intent)
        # Off-session nobody is there to prove anything, so Stripe refuses.
        self.local("POST", f"/payment_intents/{intent['id']}/_authenticate",
                   [("client_secret", intent["client_secret"]), ("success", "false")])  # fmt: skip
        error = {"code": "authentication_required", "decline_code": "authentication_required"}
        self.lay(intent["id"], {"last_payment_error": error})
        self.state.event("payment_intent.payment_failed", self.intent(intent["id"]))
        return failed(402, "card_error", "Authenticate", **error)

    # --- localstripe -------------------------------------------------------------------------

    def local(
        self, method: str, path: str, said: list[tuple[str, str]] | None = None
    ) -> tuple[int, Fields]:
        """Asks localstripe itself."""
        where = {"params": said} if method == "GET" else {"data": said}
        answer = requests.request(
            method,
            f"{self.backend}/v1{path}",
            headers=_AUTH,
            timeout=10,
            **where,  # type: ignore[arg-type]
        )
        return answer.status_code, answer.json()

    def intent(self, intent_id: str) -> Fields:
        return self.whole(self.local("GET", f"/payment_intents/{intent_id}")[1])

    def lay(self, object_id: str, fields: Fields) -> None:
        self.state.overlays.setdefault(object_id, {}).update(fields)

    def whole(self, found: Fields) -> Fields:
        """An object as today's Stripe shows it."""
        if found.get("object") == "list":
            return {**found, "data": [self.whole(one) for one in found["data"]]}
        if found.get("object") == "payment_intent":
            is_paid = found["status"] == "succeeded"
            found = {
                "last_payment_error": None, "description": None, **found,
                "amount_received": found["amount"] if is_paid else 0,
            }  # fmt: skip
            found.pop("charges", None)
            error = found["last_payment_error"]
            if error and "decline_code" not in error:
                error["decline_code"] = "insufficient_funds"
        if found.get("object") == "refund" and not found.get("payment_intent"):
            charge = self.local("GET", f"/charges/{found['charge']}")[1]
            found = {**found, "payment_intent": charge["payment_intent"]}
        return {**found, **self.state.overlays.get(str(found.get("id")), {})}

    def refunded(self, refund: Fields) -> None:
        charge = self.local("GET", f"/charges/{refund['charge']}")[1]
        self.state.event("charge.refunded", charge)
        self.state.event("refund.created", refund)

    def detached(self, method_id: str) -> None:
        self.state.event("payment_method.detached", {"id": method_id, "object": "payment_method"})

    # --- what tests say ----------------------------------------------------------------------

    def _control(self, request: Request) -> Response:
        said: Fields = request.get_json(silent=True) or {}
        acts: dict[str, Callable[[Fields], Any]] = {
            "events": lambda _: [_signed(one) for one in self.state.events],
            "calls": lambda _: self.state.calls,
            "hook": lambda s: setattr(self.state, "hook", s["url"]),
            "fault": lambda s: self.state.faults.append(Fault(s["match"], s["times"], s["after"])),
            "lay": lambda s: self.lay(s["id"], s["fields"]),
            "pay": lambda s: pages.pay(self, self.state.sessions[s["session"]], s["card"]),
            "expire": lambda s: self.expire(self.state.sessions[s["session"]]),
            "dispute": self._dispute,
            "stray": self._stray,
            "emit": lambda s: _signed(self.state.event(s["kind"], {"id": s["id"]})),
        }
        return Response(
            json.dumps(acts[request.path.removeprefix("/_test/")](said)),
            content_type="application/json",
        )

    def _dispute(self, said: Fields) -> Fields:
        """The bank takes the money of a payment back; with `won` it gives it again."""
        intent = self.intent(said["intent"])
        moved = [{"id": self.state.id("txn"), "amount": -intent["amount"], "currency": "usd"}]
        if said.get("won"):
            moved.append({**moved[0], "amount": intent["amount"]})
        dispute = {
            "id": said.get("id") or self.state.id("dp"), "object": "dispute",
            "amount": intent["amount"], "currency": intent["currency"],
            "balance_transactions": [
                {"object": "balance_transaction", "created": int(time.time()), **one}
                for one in moved
            ],
            "payment_intent": intent["id"], "status": "won" if said.get("won") else "lost",
        }  # fmt: skip
        self.state.disputes[dispute["id"]] = dispute
        kind = "funds_reinstated" if said.get("won") else "created"
        self.state.event(f"charge.dispute.{kind}", dispute)
        return dispute

    def _stray(self, said: Fields) -> Fields:
        """A payment that nobody asked for here, made in Stripe's dashboard for instance."""
        card = pages.card_of(self, "4242424242424242")
        _, intent = self.local(
            "POST", "/payment_intents",
            [("amount", str(said["minor"])), ("currency", said["currency"]),
             ("payment_method", card), ("confirm", "true"),
             *([("customer", said["customer"])] if said.get("customer") else []),
             *((f"metadata[{n}]", v) for n, v in said.get("metadata", {}).items())],
        )  # fmt: skip
        intent = self.intent(intent["id"])
        self.state.event("payment_intent.succeeded", intent)
        return intent


def public(session: Fields) -> Fields:
    return {name: value for name, value in session.items() if not name.startswith("_")}


def shown(found: Fields | None) -> Response:
    if found is None:
        return failed(404, "invalid_request_error", "No such object", code="resource_missing")
    return Response(json.dumps(public(found)), content_type="application/json")


def failed(status: int, kind: str, message: str, **more: str) -> Response:
    error = {"type": kind, "message": message, **more}
    return Response(json.dumps({"error": error}), status, content_type="application/json")


def _signed(event: Fields) -> Fields:
    body, header = signed(event)
    return {"id": event["id"], "kind": event["type"], "body": body.decode(), "signature": header}


def _form(request: Request) -> list[tuple[str, str]]:
    return list(request.form.items(multi=True))


def deliver(front: Front) -> None:
    """Sends events to the hook as they happen, and again until they are taken, as Stripe does."""
    sent = 0
    while True:
        time.sleep(0.05)
        if not front.state.hook or sent >= len(front.state.events):
            continue
        body, header = signed(front.state.events[sent])
        try:
            answer = requests.post(
                front.state.hook, data=body, timeout=10,
                headers={"Stripe-Signature": header, "Content-Type": "application/json"},
            )  # fmt: skip
        except requests.ConnectionError:
            continue
        sent += answer.ok


class Quiet(WSGIRequestHandler):
    """Says what goes wrong, and not each request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


def main(port: int, backend: str) -> None:
    front = Front(backend)
    front.address = f"http://127.0.0.1:{port}"
    threading.Thread(target=deliver, args=(front,), daemon=True).start()
    make_server("127.0.0.1", port, front, threaded=True, request_handler=Quiet).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
