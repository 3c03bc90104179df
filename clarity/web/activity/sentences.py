"""A timeline in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from clarity.web.activity import words
from clarity.web.activity.documents import MOST_FIELDS, flat, pretty, pretty_text
from integrations.models import Connection, Delivery
from integrations.services.trace import Call, Event, Kind, Timeline


@dataclass(frozen=True)
class Document:
    """Something that can be unfolded. `fields` is a table, `body` a text; one of them is there."""

    title: str
    body: SafeString | None = None
    fields: Sequence[tuple[str, str]] = ()
    note: str = ""


@dataclass(frozen=True)
class Step:
    """One step of the list."""

    event: Event
    title: str
    tone: str
    icon: str
    text: str = ""
    took: str = ""
    documents: Sequence[Document] = ()


ATTEMPTS = {
    "created": ("Written", "green", "check"),
    "updated": ("Updated", "green", "check"),
    "unchanged": ("Already as it should be", "muted", "equal"),
    "TryLater": ("Not possible just then", "orange", "clock"),
    "NeedsOwner": ("Credentials refused", "red", "key"),
    "Rejected": ("Refused", "orange", "hand"),
    "InvalidRecord": ("Refused", "orange", "hand"),
    "Unsupported": ("Not carried", "muted", "minus"),
    "Skipped": ("Left out", "muted", "minus"),
    "": ("Begun; no outcome is known yet", "azure", "clock"),
}
OURS = ("An error of ours", "red", "cross")


def attempt_badge(outcome: str) -> words.Badge:
    """What an attempt came to."""
    return words.Badge(*ATTEMPTS.get(outcome, OURS))


def summary(found: Timeline, source: Connection) -> str:
    """What happened, in one sentence."""
    name = f"{words.entity_word(found.item.entity)} {found.item.number or found.item.key}"
    came = f"{name} came from {source.name}"
    delivery = found.delivery
    target = delivery.target.name if delivery else ""
    after = f" in {words.duration(found.seconds)}" if found.seconds is not None else ""
    there = _there(delivery)
    said = {
        "delivered": f"{came} and reached {target}{there}{after}.",
        "unchanged": f"{came}. {target} already had exactly this, so nothing was written.",
        "filtered": f"{came} and was left out on purpose.",
        "merged": f"{came}. A newer notice of the same record spoke for it.",
        "replaced": f"{came}. A newer version of the record took its place.",
        "held": f"{came} and is held: it waits for a person.",
        "dead": f"{came} and was given up after many tries.",
    }
    if found.outcome in said:
        return said[found.outcome]
    return f"{came} and is on its way{f' to {target}' if target else ''}."


def steps(found: Timeline, source: Connection) -> list[Step]:
    """Every event as a step with its documents."""
    return [_BY_KIND[event.kind](event, source) for event in found.events]


def _arrived(delivery: Delivery) -> str:
    label = delivery.target_label or delivery.target_key
    name = delivery.target.name
    return f"In {name} it is {label}." if label else f"It is in {name} now."


def _there(delivery: Delivery | None) -> str:
    label = (delivery.target_label or delivery.target_key) if delivery else ""
    return f" as {label}" if label else ""


def _received(event: Event, source: Connection) -> Step:
    documents = []
    if event.notice is not None:
        documents.append(Document("The notice as it came", body=pretty(event.notice)))
    text = _pruned(event)
    if event.notice is None and not event.was_pruned:
        text = "The notice only said that something changed; the record was read from the source."
    return Step(event, f"Received from {source.name}", "azure", "inbox", text, "", documents)


def _edited(event: Event, source: Connection) -> Step:
    documents = []
    if event.notice is not None:
        documents.append(Document("The payload after the edit", body=pretty(event.notice)))
    who = f"By {event.reason}." if event.reason else "By somebody who has left since."
    text = " ".join(filter(None, (who, _pruned(event))))
    return Step(event, "Payload edited by hand", "orange", "pen", text, "", documents)


def _decided(event: Event, source: Connection) -> Step:
    badge = words.badge(event.state)
    return Step(event, badge.word, badge.tone, badge.icon, event.reason)


def _mapped(event: Event, source: Connection) -> Step:
    delivery = event.delivery
    documents = []
    if event.record is not None:
        documents.append(Document("The record in our words", body=pretty(event.record)))
    if event.fields is not None:
        rows = list(flat(event.fields))
        documents.append(
            Document(
                f"The fields for {delivery.target.name if delivery else 'the target'}",
                fields=rows[:MOST_FIELDS],
                note=f"{len(rows) - MOST_FIELDS:,} more" if len(rows) > MOST_FIELDS else "",
            )
        )
    rules = delivery.mapping_version if delivery else ""
    is_kept = delivery is not None and delivery.payload_id is not None
    text = f"By the rules {rules}." if rules else ""
    if not is_kept:
        text = "Nothing was sent, so nothing was kept: this is its notice, read again just now."
    return Step(
        event,
        "Checked and mapped" if is_kept else "Read",
        "azure",
        "map",
        " ".join(filter(None, (text, *_sums(event), _pruned(event)))),
        "",
        documents,
    )


def _sums(event: Event) -> list[str]:
    """How each published number comes about."""
    return [f"Published {said}." for said in event.arithmetic]


def _tried(event: Event, source: Connection) -> Step:
    word, tone, icon = ATTEMPTS.get(event.state, OURS)
    target = event.delivery.target.name if event.delivery else "the target"
    number = event.attempt.number if event.attempt else 1
    title = f"Sent to {target}" if number == 1 else f"Sent to {target}, attempt {number}"
    calls = f"{len(event.calls)} call{'s' if len(event.calls) != 1 else ''}" if event.calls else ""
    said = event.reason if tone not in ("green", "muted") else ""
    text = ": ".join(filter(None, (word, said)))
    took = ", ".join(filter(None, (calls, words.duration(event.seconds))))
    documents = [_exchange(call) for call in event.calls]
    return Step(
        event, title, tone, icon, " ".join(filter(None, (text, _pruned(event)))), took, documents
    )


def _exchange(call: Call) -> Document:
    answer = f"{call.status}" if call.status else "no answer"
    parts = [pretty_text(body) for body in (call.request_body, call.response_body) if body]
    body = SafeString("\n\n".join(parts)) if parts else None
    if call.request_body and call.response_body:
        body = SafeString(f"{parts[0]}\n\n<b>Answer</b>\n{parts[1]}")
    return Document(
        f"{call.method} {call.url}", body=body, note=f"{answer} · {call.milliseconds} ms"
    )


def _settled(event: Event, source: Connection) -> Step:
    badge = words.badge(event.state)
    text = event.reason
    if event.state == "delivered" and event.delivery:
        text = _arrived(event.delivery)
    elif event.delivery and event.delivery.incident and event.state in ("replaced", "filtered"):
        # Why it was held is told by its incident: the row says what became of it since.
        said = f" ({event.delivery.said})" if event.delivery.said else ""
        text = f"{text}. Before that it was held: {event.delivery.incident.message}{said}"
    return Step(event, badge.word, badge.tone, badge.icon, text)


def _pruned(event: Event) -> str:
    return "Its documents were deleted when their time was up." if event.was_pruned else ""


_BY_KIND = {
    Kind.RECEIVED: _received,
    Kind.EDITED: _edited,
    Kind.DECIDED: _decided,
    Kind.MAPPED: _mapped,
    Kind.ATTEMPT: _tried,
    Kind.OUTCOME: _settled,
}
