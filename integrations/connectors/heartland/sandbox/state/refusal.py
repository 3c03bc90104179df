"""What the state refuses to do, in the words the API answers with."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A request that changes nothing: `status`, `error` and `details` go into the answer."""

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        details: Mapping[str, list[str]] | None = None,
        *,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.details = dict(details or {})
        self.retry_after = retry_after


def invalid(thing: str, **details: str) -> Refusal:
    """A validation error naming the fields at fault (vendor importer: key `details`)."""
    return invalid_fields(thing, details)


def invalid_fields(thing: str, details: Mapping[str, str]) -> Refusal:
    """As `invalid`, for field names that are no Python names (`custom@department`)."""
    return Refusal(
        400,
        "validation_error",
        f"{thing} could not be saved",
        {field: [said] for field, said in details.items()},
    )


def missing(thing: str) -> Refusal:
    """The record does not exist."""
    return Refusal(404, "not_found", f"{thing} not found")


def payment_refused(message: str) -> Refusal:
    """A tender that is not taken (vendor importer: error `payment_error`)."""
    return Refusal(400, "payment_error", message)
