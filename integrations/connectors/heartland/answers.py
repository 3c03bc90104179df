"""What a refusal of Heartland means, and which record a 201 made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.http import Answer


class Refused(Rejected):
    """Heartland refused the request.

    `kind` is its word for the error, `names` are the fields it complained of.
    """

    def __init__(
        self, message: str, *, field: str, said: str, kind: str = "", names: Sequence[str] = ()
    ) -> None:
        super().__init__(
            message,
            field=field,
            said=said,
            advice="Correct this in the store or in Heartland, then replay the record.",
        )
        self.kind = kind
        self.names = tuple(names)

    def about(self, name: str) -> bool:
        """Whether the complaint is about this field or a part of it."""
        return any(
            given == name or given.startswith((f"{name}.", f"{name}@")) for given in self.names
        )


def refusal(answer: Answer, what: str) -> Refused:
    """Their error body as ours; `what` names the record for the person who reads it.

    Heartland Retail: {"error": "validation_error", "message": "...", "details": {field: [words]}}.
    """
    body = _mapping(answer)
    details = _details(body)
    words = "; ".join(f"{name} {said}" for name, said in details.items())
    summary = str(body.get("message") or body.get("Message") or body.get("error") or "")
    said = ": ".join(part for part in (summary, words) if part) or f"HTTP {answer.status}"
    return Refused(
        f"{what}: Heartland refused it ({said}).",
        field=next(iter(details), what),
        said=said[:300],
        kind=str(body.get("error") or body.get("Error") or ""),
        names=tuple(details),
    )


def made_id(answer: Answer, what: str) -> str:
    """Id of the record a POST made. Raises TryLater when the answer names none.

    Heartland Retail: a 201 has an empty body and names the record in its Location header.
    """
    location = answer.headers.get("location", "").partition("?")[0].rstrip("/")
    found = location.rpartition("/")[2]
    if not found:
        found = str(_mapping(answer).get("id") or "")
    if not found:
        raise TryLater(f"{what}: Heartland did not say which record it made.")
    return found


def _mapping(answer: Answer) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except TryLater:
        # No body, or a page of something in front of Heartland: the status says all there is.
        return {}
    return body if isinstance(body, Mapping) else {}


def _details(body: Mapping[str, Any]) -> dict[str, str]:
    details = body.get("details") or body.get("Details")
    if not isinstance(details, Mapping):
        return {}
    return {
        str(name): ", ".join(str(word) for word in words) if isinstance(words, list) else str(words)
        for name, words in details.items()
    }
