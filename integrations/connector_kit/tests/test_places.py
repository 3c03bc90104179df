"""What the cursors of every connector say of time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.connector_kit.places import moment
from integrations.connector_kit.registry import connectors

THEN = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)

POLLED = [
    (name, entity, flavour)
    for name, one in connectors().items()
    for entity, port in one.entities.items()
    if port.places is not None
    for flavour in one.manifest.flavours
]


@pytest.mark.parametrize(("name", "entity", "flavour"), POLLED)
def test_a_cursor_at_a_moment_has_read_until_that_moment(
    name: str, entity: str, flavour: str
) -> None:
    places = connectors()[name].entities[entity].places  # type: ignore[index]
    assert places is not None
    cursor = places.at(THEN, flavour)
    if (name, str(entity), flavour) == ("heartland", "inventory", "retail"):
        assert cursor == "", "its ledger goes by ids"
        return
    assert places.reached(cursor) == THEN
    for broken in ("", "null", "[]", '{"from": 7}', '{"from": "soon"}', "{"):
        assert places.reached(broken) is None


def test_a_time_without_a_zone_is_utc() -> None:
    assert moment('{"from": "2026-03-29 01:30:00"}', "from") == THEN
    assert moment('{"to": "2026-03-29T03:30:00+02:00"}', "from", "to") == THEN
