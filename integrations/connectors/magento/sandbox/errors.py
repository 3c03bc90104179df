"""How Magento says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MASKED = "Internal Error. Details are available in Magento log file. Report ID: webapi-{report}"


class Refusal(Exception):
    """The answer of a call that failed: `message` may hold %name or %1 for `parameters`."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        parameters: Mapping[str, Any] | Sequence[Any] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.parameters = parameters
        self.errors = tuple(errors)

    def body(self) -> dict[str, Any]:
        said: dict[str, Any] = {"message": self.message}
        if self.errors:
            said["errors"] = [dict(entry) for entry in self.errors]
        if self.parameters is not None:
            said["parameters"] = (
                dict(self.parameters)
                if isinstance(self.parameters, Mapping)
                else list(self.parameters)
            )
        return said

    def text(self) -> str:
        """The message with its parameters put in, as an operation's result_message has it."""
        said = self.message
        if isinstance(self.parameters, Mapping):
            for name, value in self.parameters.items():
                said = said.replace(f"%{name}", str(value))
        elif self.parameters is not None:
            for place, value in enumerate(self.parameters, start=1):
                said = said.replace(f"%{place}", str(value))
        return said


def no_such_entity(name: str, value: object) -> Refusal:
    """404 of a record that does not exist, in the words of NoSuchEntityException."""
    return Refusal(
        "No such entity with %fieldName = %fieldValue",
        status=404,
        parameters={"fieldName": name, "fieldValue": value},
    )


def missing_entity() -> Refusal:
    """404 of a sales document that does not exist."""
    return Refusal(
        "The entity that was requested doesn't exist. Verify the entity and try again.", status=404
    )


def required(name: str) -> Refusal:
    return Refusal('"%fieldName" is required. Enter and try again.', parameters={"fieldName": name})


def wrong_type(value: object, kind: str) -> Refusal:
    """A number where text came, and the like, in the words of the input processor."""
    return Refusal(
        'The "%value" value\'s type is invalid. The "%type" type was expected. '
        "Verify and try again.",
        parameters={"value": str(value), "type": kind},
    )
