"""The form of one mapping rule: what a person picks, as the rule it becomes, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from pydantic import ValidationError

from clarity.web.mapping_editor import words
from mappings.engine.paths import BadPath, parse
from mappings.engine.rule import LONGEST_EXPRESSION
from mappings.engine.rules import Rule

KINDS = {
    "source": "A field of the record",
    "constant": "Always the same value",
    "lookup": "Looked up in a table",
    "expression": "Worked out by an expression",
}
EMPTY = {
    "leave": "Leave the field out",
    "default": "Use this value instead",
    "hold": "Hold the record until somebody looks",
}
OPS = {**words.OPS, "expression": "this expression is true"}
MOST_CONDITIONS = 6
LONGEST = 400


class RuleForm(forms.Form):
    """One rule. `made()` gives it as data once the form is valid."""

    target = forms.CharField(max_length=200)
    kind = forms.ChoiceField(choices=list(KINDS.items()))
    source = forms.CharField(max_length=200, required=False)
    constant = forms.CharField(max_length=LONGEST, required=False, strip=False)
    lookup_source = forms.CharField(max_length=200, required=False)
    table = forms.RegexField(
        r"^[a-z][a-z0-9_]{0,59}$",
        required=False,
        error_messages={"invalid": "Use small letters, digits and _, a letter first."},
    )
    expression = forms.CharField(max_length=LONGEST_EXPRESSION, required=False)
    each = forms.CharField(max_length=200, required=False)
    type = forms.ChoiceField(choices=[("", "As it comes"), *words.TYPES.items()], required=False)
    empty = forms.ChoiceField(choices=list(EMPTY.items()))
    default = forms.CharField(max_length=LONGEST, required=False, strip=False)
    append = forms.BooleanField(required=False)
    label = forms.CharField(max_length=100, required=False)

    def __init__(
        self, *args: Any, entity: str, before: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.entity = entity
        self.before = before or {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind = cleaned.get("kind")
        if kind in ("source", "lookup"):
            self._known_path("source" if kind == "source" else "lookup_source")
        needed = {"lookup": "table", "expression": "expression"}.get(str(kind), "")
        if needed and not cleaned.get(needed) and needed not in self.errors:
            self.add_error(needed, "This is needed for this kind of rule.")
        if cleaned.get("empty") == "default" and kind == "constant":
            cleaned["empty"] = "leave"
        for said in self._wrong_conditions():
            self.add_error(None, said)
        if not self.errors:
            self._ask_the_engine()
        return cleaned

    def made(self) -> dict[str, Any]:
        """The rule as data, without what is usual."""
        said = self.cleaned_data
        rule: dict[str, Any] = {"target": said["target"], **self._value()}
        conditions = list(_conditions(self.data)) if isinstance(self.data, QueryDict) else []
        if conditions:
            rule["when"] = conditions
        if said["empty"] == "default":
            rule["default"] = _typed(said["default"], self.before.get("default"))
            if self.before.get("required"):
                rule["required"] = True
        elif said["empty"] == "hold":
            rule["required"] = True
        for name in ("type", "append"):
            if said[name]:
                rule[name] = said[name]
        if said["append"] and said["label"]:
            rule["label"] = said["label"]
        return rule

    def tell(self, message: str) -> None:
        """Puts what the engine says next to the field it is most likely about."""
        kind = str(self.cleaned_data.get("kind") or "source")
        place = {"lookup": "lookup_source"}.get(kind, kind)
        if kind == "lookup" and "table" in message and "source" not in message:
            place = "table"
        self.add_error(place, message)

    def condition_rows(self) -> list[dict[str, str]]:
        """The conditions as typed, with one empty row to add another."""
        if isinstance(self.data, QueryDict) and self.is_bound:
            rows = list(_typed_rows(self.data))
        else:
            rows = [_row(one) for one in words.when(self.before)]
        if len(rows) < MOST_CONDITIONS:
            rows.append({"path": "", "op": "", "value": ""})
        return rows

    def _value(self) -> dict[str, Any]:
        said = self.cleaned_data
        kind = said["kind"]
        if kind == "constant":
            return {"constant": _typed(said["constant"], self.before.get("constant"))}
        if kind == "lookup":
            return {"lookup": {"table": said["table"], "source": said["lookup_source"]}}
        if kind == "expression" and said["each"]:
            return {"expression": said["expression"], "each": said["each"]}
        return {kind: said[kind]}

    def _known_path(self, name: str) -> None:
        path = self.cleaned_data.get(name)
        if not path:
            self.add_error(name, "Choose the field the value comes from.")
        elif said := wrong_path(self.entity, path):
            self.add_error(name, said)

    def _wrong_conditions(self) -> Iterator[str]:
        for row in _typed_rows(self.data) if isinstance(self.data, QueryDict) else ():
            if row["op"] == "expression":
                if not row["value"]:
                    yield "A condition by an expression needs the expression as its value."
            elif said := wrong_path(self.entity, row["path"]):
                yield f"Condition: {said}"
            elif row["op"] not in OPS:
                yield f"Say what the condition asks of {row['path']}."
            elif not row["value"] and row["op"] not in ("exists", "missing"):
                yield f"Say which value {row['path']} is compared with."

    def _ask_the_engine(self) -> None:
        try:
            Rule.model_validate(self.made())
        except ValidationError as error:
            for one in error.errors():
                member = str(one["loc"][0]) if one["loc"] else ""
                said = str(one["msg"]).removeprefix("Value error, ")
                said = f"{said[:1].upper()}{said[1:]}."
                if member in self.fields:
                    self.add_error(member, said)
                elif "condition" in said:
                    self.add_error(None, said)
                else:
                    self.tell(said)


def initial(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The form's fields for a rule."""
    lookup = rule.get("lookup") or {}
    kind = next((one for one in ("lookup", "expression", "source") if one in rule), "constant")
    empty = "hold" if rule.get("required") else "leave"
    if rule.get("default") is not None:
        empty = "default"
    return {
        "target": rule.get("target", ""),
        "kind": kind if rule else "source",
        "source": rule.get("source", ""),
        "constant": _text(rule.get("constant")),
        "lookup_source": lookup.get("source", ""),
        "table": lookup.get("table", ""),
        "expression": rule.get("expression", ""),
        "each": rule.get("each", ""),
        "type": rule.get("type", ""),
        "empty": empty,
        "default": _text(rule.get("default")),
        "append": bool(rule.get("append")),
        "label": rule.get("label", ""),
    }


def wrong_path(entity: str, path: str) -> str:
    """Why nothing can be read there, "" when a record may have it."""
    if not path:
        return "Choose a field."
    try:
        parse(path)
    except BadPath as error:
        said = str(error)
        return f"{said[:1].upper()}{said[1:]}."
    if not words.fields(entity) or words.field(entity, path):
        return ""
    parent = path
    while "." in parent:
        parent = parent.rpartition(".")[0]
        found = words.field(entity, parent)
        if found is not None and found.type == "map":
            return ""
    return f"The record has no field {path}. Choose one from the list."


def _typed_rows(data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if not isinstance(data, QueryDict):
        return
    columns = [data.getlist(f"when_{name}")[:MOST_CONDITIONS] for name in ("path", "op", "value")]
    for path, op, value in zip(*columns, strict=False):
        row = {"path": path.strip(), "op": op.strip(), "value": value.strip()}
        if row["path"] or (row["op"] == "expression" and row["value"]):
            yield row


def _conditions(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in _typed_rows(data):
        if row["op"] == "expression":
            yield {"expression": row["value"]}
        elif row["op"] in ("exists", "missing"):
            yield {"path": row["path"], "op": row["op"]}
        elif row["op"] == "one_of":
            wanted: Sequence[str] = [one.strip() for one in row["value"].split(",")]
            yield {"path": row["path"], "op": "one_of", "value": [one for one in wanted if one]}
        else:
            yield dict(row)


def _row(condition: Mapping[str, Any]) -> dict[str, str]:
    if "expression" in condition:
        return {"path": "", "op": "expression", "value": str(condition["expression"])}
    found = condition.get("value")
    value = ", ".join(map(str, found)) if isinstance(found, list | tuple) else _text(found)
    return {
        "path": str(condition.get("path", "")),
        "op": str(condition.get("op", "")),
        "value": value,
    }


def _text(found: Any) -> str:
    if found is None:
        return ""
    return found if isinstance(found, str) else json.dumps(found, default=str, ensure_ascii=False)


def _typed(text: str, before: Any) -> Any:
    """The text, or what it stands for where the rule had no text before: true stays a flag."""
    if before is None or isinstance(before, str):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, type(before)) else text
