"""Calls and answers against the official OpenAPI, which lies beside a checkout and is not in it.

Requests are taken strictly: no name that the schema does not have, nothing required left out. Answers may
hold null anywhere, and lists as values of attributes (both seen in recorded answers); what a module adds
to extension_attributes is its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

SCHEMA = Path(__file__).parents[6] / "shared" / "data" / "magento-swagger.json"

# Paths of modules that are not Adobe's.
_ELSEWHERE = ("/V1/async_event", "/V1/async_events")
_ANY_VALUE = "framework-attribute-interface"


class Unlike(AssertionError):
    """A call or an answer is not what the OpenAPI says."""


@cache
def document() -> Mapping[str, Any]:
    """The official document; the test is skipped without it."""
    if not SCHEMA.is_file():
        pytest.skip("needs magento-swagger.json in shared/data beside the checkout")
    found: Mapping[str, Any] = json.loads(SCHEMA.read_text())
    return found


def _loose(schema: Any) -> Any:
    """With null allowed wherever a type is asked for."""
    if isinstance(schema, list):
        return [_loose(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _loose(part) for name, part in schema.items()}
    if isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def _closed(schema: Any) -> Any:
    """With no names but those listed."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _closed(part) for name, part in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made["additionalProperties"] = False
    return made


@cache
def _definitions(kind: str) -> Mapping[str, Any]:
    made: dict[str, Any] = {}
    for name, schema in document()["definitions"].items():
        is_open = kind == "answer" and name.endswith("-extension-interface")
        made[name] = schema if is_open else _closed(schema)
        if kind == "answer":
            made[name] = _loose(made[name])
    if kind == "answer":
        made[_ANY_VALUE]["properties"]["value"] = {}
    return made


def _operation(method: str, path: str) -> tuple[str, Mapping[str, Any]] | None:
    """The template and the operation of a path, with words before {names}."""
    wanted = path.strip("/").split("/")
    best: tuple[int, str, Mapping[str, Any]] | None = None
    for template, operations in document()["paths"].items():
        parts = template.strip("/").split("/")
        if len(parts) != len(wanted) or method.lower() not in operations:
            continue
        if all(
            part.startswith("{") or part == word for part, word in zip(parts, wanted, strict=True)
        ):
            words = sum(not part.startswith("{") for part in parts)
            if best is None or words > best[0]:
                best = (words, template, operations[method.lower()])
    return None if best is None else best[1:]


def _below_v1(path: str) -> str:
    plain = path.partition("?")[0]
    return "/V1/" + plain.partition("V1/")[2]


def _check(schema: Mapping[str, Any], body: Any, kind: str, what: str) -> None:
    validator = Draft4Validator({**_closed(schema), "definitions": _definitions(kind)})
    found = sorted(validator.iter_errors(body), key=lambda error: list(map(str, error.path)))
    if found:
        lines = [f"{'.'.join(map(str, error.path))}: {error.message[:200]}" for error in found[:8]]
        raise Unlike(f"{what}\n" + "\n".join(lines))


def check_request(method: str, path: str, body: Any = None) -> None:
    """`path` with or without what is before V1. Raises Unlike."""
    below = _below_v1(path)
    if below.startswith(_ELSEWHERE):
        return
    is_bulk = "async/bulk/" in path
    if is_bulk and "/by" in below:
        if not isinstance(body, list):
            raise Unlike(f"{method} {path}: the body of a bulk is a list")
        return
    found = _operation(method, below)
    if found is None:
        raise Unlike(f"{method} {below} is no call of the API")
    for row in body if is_bulk else [body]:
        _check_body(found[1], row, f"{method} {below}")


def _check_body(operation: Mapping[str, Any], body: Any, what: str) -> None:
    given = [entry for entry in operation.get("parameters", []) if entry["in"] == "body"]
    if not given:
        if body:
            raise Unlike(f"{what} takes no body")
        return
    if body is None and not given[0]["schema"].get("required"):
        return
    _check(given[0]["schema"], body, "request", f"request of {what}")


def check_answer(method: str, path: str, status: int, body: Any) -> None:
    """`body` decoded. Raises Unlike."""
    below = _below_v1(path)
    if status >= 400:
        if not isinstance(body, dict) or not isinstance(body.get("message"), str):
            raise Unlike(f"{method} {below}: a refusal has a message, this is {body!r}")
        return
    if below.startswith(_ELSEWHERE):
        return
    if "async/" in path:
        _check_accepted(body, f"{method} {path}")
        return
    found = _operation(method, below)
    if found is None:
        raise Unlike(f"{method} {below} is no call of the API")
    schema = found[1]["responses"].get("200", {}).get("schema")
    if schema is not None:
        _check(schema, body, "answer", f"answer of {method} {below}")


def _check_accepted(body: Any, what: str) -> None:
    """The official document has no schema for it; the guide shows these three names."""
    if not isinstance(body, dict) or set(body) != {"bulk_uuid", "request_items", "errors"}:
        raise Unlike(f"{what}: not what an accepted call is answered with: {body!r}")
    for row in body["request_items"]:
        if set(row) != {"id", "data_hash", "status"}:
            raise Unlike(f"{what}: {row!r}")
