"""Fixed values of a setting in words: pages show no underscores."""

from __future__ import annotations

from integrations.connector_kit.manifest import FieldSpec


def word(option: str) -> str:
    """A fixed value as a person reads it."""
    return option.replace("_", " ")


def in_words(spec: FieldSpec) -> str:
    """The help of a setting, which names its values, with these as they are shown."""
    said = spec.help
    for option in spec.options:
        said = said.replace(option, word(option))
    return said
