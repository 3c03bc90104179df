"""The environment is read in one way; what is wrong with a value is said."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template

# By name: settings.py alone may import it, and the layering check holds tests to that as well.
env = importlib.import_module("clarity.env")


def test_a_variable_set_to_nothing_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLARITY_X", "")
    assert env.text("CLARITY_X", "default") == "default"
    assert env.number("CLARITY_X", 7) == 7
    assert env.flag("CLARITY_X", default=True) is True
    assert env.words("CLARITY_X", ["a"]) == ["a"]
    assert env.database("CLARITY_X") is None


def test_values_are_read_as_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLARITY_X", "12")
    assert env.number("CLARITY_X", 7) == 12
    monkeypatch.setenv("CLARITY_X", "no")
    assert env.flag("CLARITY_X", default=True) is False
    monkeypatch.setenv("CLARITY_X", "a,b")
    assert env.words("CLARITY_X", []) == ["a", "b"]


def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLARITY_X", "many")
    with pytest.raises(ImproperlyConfigured, match="CLARITY_X is 'many'; a whole number"):
        env.number("CLARITY_X", 7)
    monkeypatch.setenv("CLARITY_X", "mysql://user@host/name")
    with pytest.raises(ImproperlyConfigured, match="only PostgreSQL"):
        env.database("CLARITY_X")


def test_whom_to_write_to_is_a_link_with_an_address_and_words_without(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    page = Template("{% load support %}{% support_whom %}|{{ said|and_where }}")
    context = Context({"said": "Tell us <b>."})
    assert page.render(context) == (
        "your contact at Clarity Connect"
        "|Tell us &lt;b&gt;. Write to your contact at Clarity Connect."
    )
    settings.CLARITY_SUPPORT_EMAIL = "help@example.com"
    assert page.render(context).startswith('us at <a href="mailto:help@example.com">help@')
    assert page.render(Context({"said": "Link it."})).endswith("|Link it.")
    monkeypatch.setenv("CLARITY_X", "help@example.com, other@example.com")
    with pytest.raises(ImproperlyConfigured, match="one e-mail address is needed"):
        env.address("CLARITY_X")


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hush\n")
    monkeypatch.setenv("CLARITY_X_FILE", str(file))
    assert env.secret("CLARITY_X") == "hush"
    monkeypatch.setenv("CLARITY_X_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="CLARITY_X_FILE cannot be read"):
        env.secret("CLARITY_X")
