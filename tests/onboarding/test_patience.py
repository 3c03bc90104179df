"""Accounts that are large or want to be asked less often, while a worker has two minutes."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from integrations.connector_kit.audit import Article
from integrations.connector_kit.errors import TryLater, Unsupported
from integrations.services import patience, preflight
from integrations.services.patience import Patience


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that have passed; sleeping adds to them."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    return now


def side(shelf: Callable[[Any, str], Any]) -> Any:
    return SimpleNamespace(
        port=lambda entity: SimpleNamespace(shelf=shelf),
        client=None,
        connection=SimpleNamespace(name="Web shop"),
    )


def test_a_page_that_must_wait_is_waited_for(clock: list[float]) -> None:
    refused = [TryLater("too many calls", after=4.0, throttled=True), None]

    def shelf(client: object, cursor: str) -> Any:
        if error := refused.pop(0):
            raise error
        return SimpleNamespace(articles=[Article("1", "A", "Mug")], cursor="")

    assert len(list(preflight._articles(side(shelf), Patience()))) == 1
    assert clock == [4.0]


def test_who_does_not_answer_is_not_waited_for(clock: list[float]) -> None:
    def shelf(client: object, cursor: str) -> Any:
        raise TryLater("did not answer in time")

    with pytest.raises(TryLater):
        list(preflight._articles(side(shelf), Patience()))
    assert clock == [0.0]


def test_a_shelf_without_end_is_told_before_the_worker_is_ended(clock: list[float]) -> None:
    def shelf(client: object, cursor: str) -> Any:
        clock[0] += 5.0
        return SimpleNamespace(articles=[Article("1", "A", "Mug")], cursor="more")

    with pytest.raises(Unsupported, match="Web shop has more articles than can be read"):
        list(preflight._articles(side(shelf), Patience()))
    assert clock == [patience.WORKER_SECONDS]
