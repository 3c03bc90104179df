"""manage.py backfill."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database

from integrations.management.commands import backfill
from integrations.models import Backfill
from tenants import scope
from tests.flow.backfills import CALM
from tests.flow.conftest import Rig

MakeRig = Callable[..., Rig]


@contextmanager
def worked(rig: Rig) -> Iterator[None]:
    """Both lanes are worked meanwhile."""
    stop = threading.Event()

    def go() -> None:
        try:
            while not stop.wait(0.05):
                rig.work()
        finally:
            database.close()

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("backfill", *arguments, stdout=out)
    return out.getvalue()


def test_the_plan_alone_changes_nothing(make_rig: MakeRig) -> None:
    rig = make_rig(till_settings=CALM, size=8, shop_options={"customers": 3})
    said = run(f"--pair={rig.pair.pk}", "--entity=customer", "--plan", "--json")
    found = json.loads(said)
    assert (found["records"], found["read_calls"], found["write_calls"]) == (3, 1, 15)
    with scope.tenant(rig.tenant.pk):
        assert not Backfill.objects.exists()
    words = run(f"--pair={rig.pair.pk}", "--entity=inventory", "--plan")
    assert words == (
        "11 records; calls: 1 to list articles, 2 to read, 1 to write;"
        " about 1 s at the permitted rates.\n"
    )


def test_it_ends_with_the_figures(make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "LOOK_SECONDS", 0.1)
    rig = make_rig(till_settings=CALM, size=8, shop_options={"customers": 3})
    with worked(rig):
        found = json.loads(run(f"--pair={rig.pair.pk}", "--entity=customer", "--json"))
    assert (found["state"], found["outcomes"]) == ("done", {"delivered": 3})
    with worked(rig):
        words = run(f"--pair={rig.pair.pk}", "--entity=customer")
    assert "Done: 100 %" in words
    assert "3 unchanged" in words


def test_what_cannot_be_done_is_said(make_rig: MakeRig) -> None:
    rig = make_rig(till_settings=CALM, size=4)
    with pytest.raises(CommandError, match="It carries: customer, inventory, order,"):
        run(f"--pair={rig.pair.pk}", "--entity=voucher")
    nobody = uuid4()
    with pytest.raises(CommandError, match=f"There is no pair {nobody}"):
        run(f"--pair={nobody}", "--entity=customer")
