"""What the OpenAPI document says beyond what can be seen from the views."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from clarity.api.access import TENANT_HEADER
from clarity.api.problems import KINDS, MEDIA_TYPE
from clarity.api.shapes import NoParameters
from clarity.api.writing import HEADER
from tenants import api_scopes

F = TypeVar("F", bound=Callable[..., Any])

_ALWAYS = (400, 401, 403, 404, 405, 406, 429, 500)
_WITH_BODY = (409, 413, 415, 422)


def operation(
    summary: str,
    *,
    name: str,
    answers: Any = None,
    status: int = 200,
    body: Any = None,
    example: Any = None,
    body_example: Any = None,
    more: Sequence[int] = (),
    headers: Sequence[OpenApiParameter] = (),
) -> Callable[[F], F]:
    """Says what a view's method does. `name` is the operationId; the docstring tells the rest."""

    def wrap(method: F) -> F:
        examples = []
        if example is not None:
            examples.append(OpenApiExample("Answer", value=example, response_only=True))
        if body_example is not None:
            examples.append(OpenApiExample("Body", value=body_example, request_only=True))
        what = OpenApiResponse(answers, description="Done." if status == 204 else "As asked.")
        extra: dict[str, Any] = {"x-more-problems": list(more)} if more else {}
        found: F = extend_schema(
            operation_id=name,
            summary=summary,
            request=body,
            responses={status: what},
            examples=examples,
            parameters=list(headers),
            extensions=extra,
        )(method)
        return found

    return wrap


class Described(AutoSchema):
    """Adds what all operations share: their heading, scope, parameters and problems."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "topic", "") or "Other"]

    def get_description(self) -> str:  # type: ignore[override]
        text = str(super().get_description() or "").strip()
        scope = self._scope()
        return f"{text}\n\nScope: `{scope}`." if scope else text

    def get_override_parameters(self) -> list[Any]:
        found: list[Any] = list(super().get_override_parameters())
        shape = getattr(self.view, "parameters", NoParameters)
        if self.method == "GET" and shape is not NoParameters:
            found.append(shape)
        if self.method not in ("GET", "HEAD"):
            found.append(
                OpenApiParameter(
                    HEADER,
                    {"type": "string", "pattern": "^[!-~]{1,200}$"},
                    OpenApiParameter.HEADER,
                    description="Chosen by you, new for each change. The same request under the"
                    " same key takes effect once within 24 hours.",
                )
            )
        return found

    def get_auth(self) -> list[dict[str, Any]]:
        return [{"token": []}, {"session": [], "csrf": []}]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        made = super().get_operation(*args, **kwargs)
        if made is None:
            return None
        more = made.pop("x-more-problems", [])
        wanted = {*_ALWAYS, *more}
        if self.method not in ("GET", "HEAD"):
            wanted |= set(_WITH_BODY)
        for code in sorted(wanted):
            made["responses"].setdefault(str(code), _problem_response(code))
        if scope := self._scope():
            made["x-scope"] = scope
        return made

    def _scope(self) -> str:
        kind = "reads" if self.method in ("GET", "HEAD") else "writes"
        return str(getattr(self.view, kind, ""))


def complete(
    result: dict[str, Any], generator: SchemaGenerator, request: Any, public: bool
) -> dict[str, Any]:
    """The last touch: what no view names, and that bodies have no fields beyond those told."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name, schema in schemas.items():
        if name.endswith("BodyRequest"):
            schema["additionalProperties"] = False
    _plain_values(schemas)
    schemas["Problem"] = _PROBLEM
    components["responses"] = {
        kind.code: _response(kind.status) for kind in sorted(KINDS.values(), key=lambda k: k.status)
    }
    components["securitySchemes"] = _security()
    return result


def _plain_values(part: Any) -> None:
    """Any value that may be null is any value; as a choice of two, null would fit both."""
    if isinstance(part, dict):
        if part.get("oneOf") == [{}, {"type": "null"}]:
            del part["oneOf"]
        for inner in part.values():
            _plain_values(inner)
    elif isinstance(part, list):
        for inner in part:
            _plain_values(inner)


_PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "Which kind; what stands behind problem- is a stable code.",
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened and what to do, for people."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {
                        "type": "string",
                        "description": "Path of the field, or name of the parameter.",
                    },
                    "message": {"type": "string"},
                },
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}


def _security() -> dict[str, Any]:
    scopes = "\n".join(f"- `{one.name}`: {one.label}" for one in api_scopes.SCOPES)
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token, made in the settings of a tenant. It says which tenant"
            f" it is for. Its scopes:\n\n{scopes}",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "A person who is signed in. The header"
            f" {TENANT_HEADER} says which tenant, by its short name.",
        },
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": "X-CSRFToken",
            "description": "For writes of a session: the value of the cookie csrftoken.",
        },
    }


def _problem_response(code: int) -> dict[str, Any]:
    return {"$ref": f"#/components/responses/{KINDS[code].code}"}


def _response(code: int) -> dict[str, Any]:
    kind = KINDS[code]
    headers: dict[str, Any] = {}
    if code == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}, "required": True}
    if code == 405:
        headers["Allow"] = {"schema": {"type": "string"}, "required": True}
    if code in (429, 503):
        headers["Retry-After"] = {
            "schema": {"type": "integer"},
            "required": True,
            "description": "Seconds to wait.",
        }
    made: dict[str, Any] = {
        "description": f"{kind.title}. {kind.meaning}",
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": {
                    "type": f"/api/docs/#problem-{kind.code}",
                    "title": kind.title,
                    "status": code,
                    "detail": kind.meaning,
                },
            }
        },
    }
    return {**made, "headers": headers} if headers else made


@lru_cache(maxsize=1)
def document() -> Mapping[str, Any]:
    """The whole OpenAPI document. It depends on the program alone, so it is made once."""
    made: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return made
