"""Fields of the forms in the settings, with what was typed and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clarity.web.option_words import in_words, word
from integrations.connector_kit.base import Choice
from integrations.connector_kit.manifest import FieldSpec


@dataclass(frozen=True)
class FormField:
    """One input. `options`: the only values there are, with what they are called; `choices`: offered
    while typing."""

    name: str
    label: str
    help: str
    value: str = ""
    error: str = ""
    kind: str = "text"
    options: Sequence[tuple[str, str]] = ()
    choices: Sequence[Choice] = ()
    is_required: bool = False
    usual: str = ""
    group: str = ""


def of_setting(
    spec: FieldSpec, *, value: str, error: str = "", choices: Sequence[Choice] = ()
) -> FormField:
    """The input of a setting. Where nothing was chosen, the usual value counts."""
    return FormField(
        name=spec.name,
        label=spec.label,
        help=in_words(spec),
        value=value or (spec.default if spec.options else ""),
        error=error,
        kind=spec.kind,
        options=[(option, word(option)) for option in spec.options],
        choices=choices,
        is_required=spec.required,
        usual=spec.default,
        group=spec.group,
    )


def of_credential(spec: FieldSpec, *, error: str = "") -> FormField:
    """The input of a credential: never shows what is kept."""
    return FormField(
        name=spec.name,
        label=spec.label,
        help=spec.help,
        error=error,
        kind="secret" if spec.secret else "text",
    )
