"""Every address against its own description, by schemathesis, in this process and with real rows."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis import checks as all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup

from clarity.api.schema import document
from clarity.wsgi import application
from tests.api.world import World, make_world

all_checks.load_all_checks()
CHECKS = [
    getattr(all_checks, name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "response_headers_conformance",
        "negative_data_rejection",
        "ignored_auth",
    )
]
# So many requests that fit the description, and so many that do not: of operations with a body, and
# of the others. Each takes two more, without a token and with a wrong one.
WITH_BODY = 2
WITHOUT = 1
WHICH = hypothesis_settings(
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    settings.CLARITY_API_PER_TOKEN = settings.CLARITY_API_PER_TENANT = 1_000_000
    return make_world("Harbour Goods")


def with_ids(world: World) -> dict[str, Any]:
    """The document with ids that are there, or every request would end with 404."""
    made: dict[str, Any] = copy.deepcopy(dict(document()))
    for methods in made["paths"].values():
        for one in methods.values():
            for parameter in one.get("parameters", ()):
                name = parameter["name"]
                if parameter["in"] == "path" and name != "version":
                    value = world.ids[name]
                    plain = value if isinstance(value, int) else str(value)
                    parameter["schema"]["enum"] = [plain]
    return made


def _ask(operation: Any, mode: GenerationMode, token: str, counts: Counter[int]) -> None:
    """Some requests to one operation. Raises what its checks find."""
    headers = {"Authorization": f"Bearer {token}"}

    @hypothesis_settings(WHICH, max_examples=WITH_BODY if operation.body else WITHOUT)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        response = case.call(headers=headers)
        counts[response.status_code] += 1
        # No account is there to ask, which is said as it is described.
        left = [all_checks.not_a_server_error] if response.status_code == 503 else []
        case.validate_response(
            response,
            checks=CHECKS,
            excluded_checks=left,
            headers=headers,
            transport_kwargs={"headers": headers},
        )

    ask()


def _operations(world: World) -> Sequence[Any]:
    config = SchemathesisConfig.from_dict({"base-url": "http://localhost"})
    schema = schemathesis.openapi.from_dict(with_ids(world), config=config)
    schema.app = application
    found = [one.ok() for one in schema.get_all_operations()]
    # What takes the draft away comes last.
    return sorted(found, key=lambda one: (one.method == "delete", one.label))


@pytest.mark.timeout(300)
def test_every_address_answers_as_it_is_described(world: World) -> None:
    said: list[str] = []
    without_success: list[str] = []
    operations = _operations(world)
    for operation in operations:
        counts: Counter[int] = Counter()
        for mode in GenerationMode:
            try:
                _ask(operation, mode, world.token, counts)
            except FailureGroup as failures:
                said.append(f"{operation.label}: {failures}")
            except Unsatisfiable:
                # Without parameters and body, nothing can be wrong with a request.
                assert mode is GenerationMode.NEGATIVE, operation.label
        if not any(status < 300 for status in counts):
            without_success.append(f"{operation.label} {dict(counts)}")
    assert not said, f"{len(said)} operations:\n" + "\n".join(said)
    assert len(operations) == sum(len(methods) for methods in document()["paths"].values())
    assert len(without_success) < len(operations) / 4, without_success
