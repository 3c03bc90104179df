"""Reads the OpenAPI document into what the reference page shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.html import escape, linebreaks
from django.utils.safestring import SafeString, mark_safe

from clarity.api.problems import KINDS, Kind
from clarity.api.schema import document
from tenants import api_scopes
from tenants.api_scopes import ApiScope

METHODS = ("get", "post", "put", "patch", "delete")
# The order of the headings; others follow.
TOPICS = (
    "Tenant",
    "Pairs",
    "Flows",
    "Connections",
    "Webhooks",
    "Mappings",
    "Lookup tables",
    "Records",
    "Incidents",
    "Convergence",
    "Alert channels",
)


_CODE = re.compile("`([^`]+)`")


def coded(text: str) -> SafeString:
    """Words between backticks as code, as the OpenAPI document has them. All else is escaped."""
    # The text was escaped first, and only tags of ours are put around parts of it.
    return mark_safe(_CODE.sub(r"<code>\1</code>", escape(text)))  # noqa: S308


def _paragraphs(text: str) -> SafeString:
    return mark_safe(linebreaks(coded(text)))  # noqa: S308


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body or an answer."""

    name: str
    kind: str
    is_required: bool
    said: SafeString
    depth: int = 0


@dataclass(frozen=True)
class Operation:
    """One method of one address. Examples and `curl` are texts as they are typed."""

    id: str
    method: str
    path: str
    summary: str
    said: SafeString
    scope: str
    status: str
    parameters: Sequence[Field]
    body: Sequence[Field]
    body_example: str
    answer: Sequence[Field]
    answer_example: str
    problems: Sequence[Kind]
    curl: str


@dataclass(frozen=True)
class Topic:
    """Operations under one heading."""

    name: str
    anchor: str
    operations: Sequence[Operation]


def context() -> dict[str, Any]:
    """What the template needs."""
    scopes: Sequence[ApiScope] = api_scopes.SCOPES
    return {
        "topics": topics(),
        "problems": [
            (kind, coded(kind.meaning)) for kind in sorted(KINDS.values(), key=lambda k: k.status)
        ],
        "scopes": scopes,
        "public_url": settings.CLARITY_PUBLIC_URL,
        "per_token": settings.CLARITY_API_PER_TOKEN,
        "per_tenant": settings.CLARITY_API_PER_TENANT,
    }


@lru_cache(maxsize=1)
def topics() -> Sequence[Topic]:
    """Every operation, by heading. The document never changes while the program runs."""
    found: dict[str, list[Operation]] = {name: [] for name in TOPICS}
    for path, methods in document()["paths"].items():
        for method in METHODS:
            if method in methods:
                made = methods[method]
                found.setdefault(made["tags"][0], []).append(_operation(path, method, made))
    return [
        Topic(name, name.lower().replace(" ", "-"), rows) for name, rows in found.items() if rows
    ]


def _operation(path: str, method: str, made: Mapping[str, Any]) -> Operation:
    status, answer = next(
        (code, one) for code, one in made["responses"].items() if code.startswith("2")
    )
    body, body_example = _content(made.get("requestBody", {}))
    fields, example = _content(answer)
    said = made.get("description", "").partition("\n\nScope:")[0]
    return Operation(
        id=made["operationId"],
        method=method.upper(),
        path=path,
        summary=made["summary"],
        said=_paragraphs(said),
        scope=made.get("x-scope", ""),
        status=status,
        parameters=[_parameter(one) for one in made.get("parameters", ())],
        body=list(_fields(body)),
        body_example=body_example,
        answer=list(_fields(fields)),
        answer_example=example,
        problems=[KINDS[int(code)] for code in made["responses"] if int(code) >= 400],
        curl=_curl(path, method, body_example),
    )


def _content(part: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The schema and the example of a body or an answer."""
    content = part.get("content", {}).get("application/json", {})
    examples = list(content.get("examples", {}).values())
    text = json.dumps(examples[0]["value"], indent=2, ensure_ascii=False) if examples else ""
    return content.get("schema", {}), text


def _parameter(one: Mapping[str, Any]) -> Field:
    place = {"path": "in the address", "query": "behind the ?", "header": "header"}[one["in"]]
    kind = f"{_kind(one['schema'])}, {place}"
    return Field(one["name"], kind, bool(one.get("required")), coded(one.get("description", "")))


def _fields(schema: Mapping[str, Any], depth: int = 0) -> Iterator[Field]:
    schema = _resolved(schema)
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        said = coded(inner.get("description", ""))
        yield Field(name, _kind(inner), name in required, said, depth)
        deeper = _resolved(inner)
        deeper = _resolved(deeper["items"]) if "items" in deeper else deeper
        if depth < 2 and "properties" in deeper:
            yield from _fields(deeper, depth + 1)


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference stands for; of a choice that may be null, the other one."""
    for one in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if one.get("type") != "null" and ("$ref" in one or "properties" in one):
            return _resolved(one)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        found: Mapping[str, Any] = document()["components"]["schemas"][name]
        return found
    return schema


def _kind(schema: Mapping[str, Any]) -> str:
    """ "integer", "text, a time", "list of objects or null"."""
    found = _resolved(schema)
    if "enum" in found:
        return "one of " + ", ".join(str(one) for one in found["enum"] if one is not None)
    kinds = found.get("type", "any value")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    words = {"string": "text", "boolean": "true or false", "array": "list"}
    formats = {"uuid": "UUID", "date-time": "time"}
    said = [formats.get(found.get("format", ""), words.get(one, one)) for one in names]
    if "array" in names:
        said[names.index("array")] = f"list of {_plural(found.get('items', {}))}"
    return " or ".join(dict.fromkeys(said))


def _plural(schema: Mapping[str, Any]) -> str:
    kind = _kind(schema)
    return f"{kind}s" if kind in ("object", "text", "integer", "UUID") else kind


def _curl(path: str, method: str, example: str) -> str:
    place = path.replace("{", "$").replace("}", "")
    lines = [f"curl '{settings.CLARITY_PUBLIC_URL}{path}'"]
    if place != path:
        lines = [f'curl "{settings.CLARITY_PUBLIC_URL}{place}"']
    if method != "get":
        lines.append(f"-X {method.upper()}")
    lines.append('-H "Authorization: Bearer $TOKEN"')
    if method != "get":
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if example:
        lines.append("-H 'Content-Type: application/json'")
        lines.append("-d '" + json.dumps(json.loads(example), ensure_ascii=False) + "'")
    return " \\\n  ".join(lines)
