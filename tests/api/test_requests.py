"""What every request keeps to: once only, not too often, whole pages, problems that say what."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from clarity.api.views import View
from integrations.models import Delivery, DeliveryState, InboxState
from integrations.services import tidying
from tenants import scope
from tenants.models import ApiRequest, ApiUse, AuditEntry
from tenants.services import api_requests
from tests.api.world import Program, World, problem, token_of
from tests.web.shops import Shop, held_order, make_shop, notice


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop("Harbour Goods")


@pytest.fixture
def caller(shop: Shop) -> Program:
    return Program(token_of(shop))


def audited(shop: Shop, action: str) -> int:
    with scope.tenant(shop.tenant.pk):
        return AuditEntry.objects.filter(action=action).count()


def test_a_write_under_a_key_takes_effect_once(shop: Shop, caller: Program) -> None:
    item = held_order(shop, "#1001")
    path, body = f"records/{item.pk}/discard", {"reason": "A test order"}
    first = caller.ask("post", path, body, Idempotency_Key="one")
    assert first.status_code == 200, first.content
    again = caller.ask("post", path, body, Idempotency_Key="one")
    assert again.status_code == 200
    assert json.loads(again.content) == json.loads(first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert not first.has_header("Idempotency-Replayed")
    assert audited(shop, "record.discarded") == 1
    problem(caller.ask("post", path, {"reason": "Another"}, Idempotency_Key="one"), 422)
    problem(caller.ask("post", f"records/{item.pk}/replay", Idempotency_Key="one"), 422)
    # Another program may choose the same key.
    problem(Program(token_of(shop)).ask("post", path, body, Idempotency_Key="one"), 409)
    problem(caller.ask("post", path, body, Idempotency_Key="x" * 201), 400)


def test_a_key_that_is_in_use_is_refused_and_one_of_a_dead_process_is_free_later(
    shop: Shop, caller: Program
) -> None:
    path = f"pairs/{shop.pair.pk}/pause"
    assert caller.ask("post", path, Idempotency_Key="one").status_code == 200
    with scope.tenant(shop.tenant.pk):
        ApiRequest.objects.update(status=None, body=None)
    running = caller.ask("post", path, Idempotency_Key="one")
    problem(running, 409)
    assert running["Retry-After"] == "1"
    with scope.tenant(shop.tenant.pk):
        ApiRequest.objects.update(created_at=timezone.now() - api_requests.GIVEN_UP)
    assert caller.ask("post", path, Idempotency_Key="one").status_code == 200


def test_a_refused_request_frees_its_key(shop: Shop, caller: Program) -> None:
    item = held_order(shop, "#1001")
    discard = {"reason": "A test order"}
    path = f"records/{item.pk}/discard"
    with scope.tenant(shop.tenant.pk):
        Delivery.objects.update(state=DeliveryState.WAITING)
    problem(caller.ask("post", path, discard, Idempotency_Key="one"), 409)
    with scope.tenant(shop.tenant.pk):
        assert not ApiRequest.objects.exists()
        Delivery.objects.update(state=DeliveryState.HELD)
    answer = caller.ask("post", path, discard, Idempotency_Key="one")
    assert json.loads(answer.content)["state"] == "filtered"


def test_a_pair_is_paused_and_goes_on_as_before(shop: Shop, caller: Program) -> None:
    for what, state in (("pause", "paused"), ("pause", "paused"), ("resume", "testing")):
        answer = caller.ask("post", f"pairs/{shop.pair.pk}/{what}")
        assert json.loads(answer.content)["state"] == state
    assert (audited(shop, "pair.paused"), audited(shop, "pair.resumed")) == (1, 1)


def test_a_signing_key_is_told_once_and_not_kept(shop: Shop, caller: Program) -> None:
    body = {"kind": "webhook", "name": "Desk", "hears": ["records"], "url": "https://8.8.8.8/x"}
    first = json.loads(caller.ask("post", "channels", body, Idempotency_Key="one").content)
    again = json.loads(caller.ask("post", "channels", body, Idempotency_Key="one").content)
    assert len(first["key"]) > 20
    assert again == {**first, "key": ""}
    assert first["channel"]["host"] == "8.8.8.8"
    channel = f"channels/{first['channel']['id']}"
    changed = caller.ask("patch", channel, {"name": "Help desk", "is_on": False})
    assert json.loads(changed.content) | {"name": "Desk", "is_on": True} == first["channel"]
    bad = {**body, "name": "Other", "url": "no address"}
    assert problem(caller.ask("post", "channels", bad), 422)["errors"][0]["field"] == "url"
    assert caller.ask("delete", channel).status_code == 204
    problem(caller.get(channel), 404)


def test_kept_answers_and_old_counts_are_dropped_after_a_day(shop: Shop, caller: Program) -> None:
    assert (
        caller.ask("post", f"pairs/{shop.pair.pk}/pause", Idempotency_Key="one").status_code == 200
    )
    tidying.tidy(timezone.now() + timedelta(hours=23))
    with scope.tenant(shop.tenant.pk):
        assert (ApiRequest.objects.count(), ApiUse.objects.count()) == (1, 2)
    tidying.tidy(timezone.now() + timedelta(hours=25))
    with scope.tenant(shop.tenant.pk):
        assert (ApiRequest.objects.count(), ApiUse.objects.count()) == (0, 0)


def test_too_many_requests_are_refused_until_the_minute_is_over(
    shop: Shop, caller: Program, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLARITY_API_PER_TOKEN, settings.CLARITY_API_PER_TENANT = 2, 5
    now = timezone.now()
    monkeypatch.setattr("clarity.api.views.timezone.now", lambda: now)
    left = [caller.get("tenant")["RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    refused = caller.get("tenant")
    assert "by this token" in problem(refused, 429)["detail"]
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit-Limit"] == "2"
    others = [Program(token_of(shop)) for _ in range(2)]
    assert [one.get("tenant").status_code for one in others] == [200, 200]
    assert "by this tenant" in problem(others[0].get("tenant"), 429)["detail"]
    now += timedelta(minutes=1)
    assert caller.get("tenant").status_code == 200


def test_pages_show_each_row_once_while_others_come(shop: Shop, caller: Program) -> None:
    wanted = [notice(shop, number=f"#{n}", state=InboxState.FILTERED).pk for n in range(7)]
    seen: list[int] = []
    cursor: dict[str, str] = {}
    for _ in range(10):
        answer = caller.get("records", limit=2, entity="order", **cursor)
        page = json.loads(answer.content)
        seen += [row["id"] for row in page["items"]]
        notice(shop, number="#new", state=InboxState.FILTERED)
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == wanted[::-1]
    entries: list[int] = []
    cursor = {}
    while True:
        page = json.loads(caller.get("audit", limit=1, **cursor).content)
        entries += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert entries == sorted(set(entries), reverse=True)
    assert len(entries) == 2
    # A cursor of another list, or one somebody changed, says nothing.
    problem(caller.get("pairs", **cursor), 400)
    problem(caller.get("audit", cursor=cursor["cursor"][:-1] + "x"), 400)


def test_records_are_found_by_what_they_are_narrowed_to(world: World, program: Program) -> None:
    def ids(**query: Any) -> list[str]:
        answer = program.get("records", **query)
        assert answer.status_code == 200, answer.content
        return [row["number"] for row in json.loads(answer.content)["items"]]

    assert ids(state="held") == ["#1003", "#1002"]
    assert ids(state="held", q="#1002") == ["#1002"]
    assert ids(entity="customer") == [""]
    assert ids(state="quiet") == [""]
    assert ids(pair=str(world.shop.pair.pk), q="100321") == ["#1001"]
    everything = json.loads(program.get("records").content)["items"]
    middle = everything[2]["received_at"]
    since, until = ids(since=middle), ids(until=middle)
    assert since + until == [row["number"] for row in everything]
    assert len(since) == 3
    problem(program.get("records", since=middle, until=middle), 400)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "9" * 400}, "limit"),
        ({"state": "happy"}, "state"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-11-21T09:00:00"}, "since"),
        ({"pair": "1"}, "pair"),
        ({"cursor": "AAAA"}, "cursor"),
    ],
)
def test_a_wrong_parameter_is_named(caller: Program, query: Any, field: str) -> None:
    found = problem(caller.get("records", **query), 400)
    assert [one["field"] for one in found["errors"]] == [field]


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"{", "not JSON"),
        (b"\xff", "UTF-8"),
        (b"[1]", "object"),
        (b'{"reason": "a\\u0000b"}', "NUL"),
        (b'{"reason": "\\ud800"}', "half"),
        (b'{"reason": NaN}', "NaN"),
        (b'{"reason": 1e999}', "too large"),
        (b'{"reason": ' + b"9" * 5_000 + b"}", "too large"),
        (b'{"reason": 99999999999999999999}', "too large"),
        (b"[" * 100_000 + b"]" * 100_000, "deeper"),
        (b'{"reason": "a", "reason": "b"}', "twice"),
        (b'{"reason": 5}', "text"),
        (b'{"reason": "a", "colour": "red"}', "colour"),
        (b"{}", "reason"),
    ],
)
def test_a_body_that_cannot_be_kept_is_refused_in_words(
    shop: Shop, caller: Program, raw: bytes, word: str
) -> None:
    item = held_order(shop, "#1001")
    found = problem(caller.ask("post", f"records/{item.pk}/discard", raw=raw), 400)
    assert word in found["detail"]
    assert audited(shop, "record.discarded") == 0


def test_other_ways_of_asking_wrongly_are_problems_too(shop: Shop, caller: Program) -> None:
    path = f"pairs/{shop.pair.pk}/pause"
    large = b'{"a": "' + b"x" * 1_000_001 + b'"}'
    problem(caller.ask("post", path, raw=large), 413)
    problem(caller.ask("post", path, raw=b"a=1", kind="application/x-www-form-urlencoded"), 415)
    problem(caller.ask("get", "pairs", Accept="text/html"), 406)
    wrong = caller.ask("delete", path)
    problem(wrong, 405)
    assert wrong["Allow"] == "POST"
    for address in ("/api/", "/api/v2/pairs", "/api/v1/pairs/", "/api/v1/flows/0"):
        problem(caller.ask("get", address), 404)
    problem(Program("").ask("post", "/api/v1/nothing", {}), 404)
    problem(caller.get("pairs", state="a\x00"), 400)


def test_an_error_of_ours_is_a_problem_and_says_nothing_of_itself(
    caller: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: View, request: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("clarity.api.v1.people.ThisTenant.get", broken)
    answer = caller.get("tenant")
    problem(answer, 500)
    assert b"secret inside" not in answer.content


def test_a_draft_somebody_else_changed_is_not_overwritten(world: World, program: Program) -> None:
    path = f"flows/{world.ids['flow_id']}/mapping/draft"
    before = program.get(path)
    change = {"changes": [{"target": "note", "rule": {"constant": "Ours"}}]}
    changed = program.ask("patch", path, change, If_Match=before["ETag"])
    assert changed.status_code == 200, changed.content
    assert changed["ETag"] != before["ETag"]
    problem(program.ask("patch", path, change, If_Match=before["ETag"]), 412)
    problem(program.ask("delete", path, If_Match=before["ETag"]), 412)
    problem(program.ask("post", f"{path}/publish", {}, If_Match=before["ETag"]), 412)
    untried = problem(program.ask("post", f"{path}/publish", {}), 409)
    assert "not tried" in untried["detail"]
    bad = {"changes": [{"target": "note", "rule": {"expression": "$nope("}}]}
    assert program.ask("patch", path, bad).status_code == 200
    found = json.loads(program.get(f"{path}/problems").content)
    assert not found["is_valid"]
    wrong = problem(program.ask("post", f"{path}/publish", {"accept_failures": True}), 422)
    assert wrong["errors"][0]["field"] == "note"
    assert program.ask("delete", path).status_code == 204
    problem(program.get(path), 404)


def test_credentials_go_in_and_never_come_out(world: World, program: Program) -> None:
    path = f"connections/{world.ids['connection_id']}"
    body = {"credentials": {"nonsense": "very-secret-value"}}
    found = program.ask("post", f"{path}/reconnect", body)
    assert problem(found, 422)["errors"][0]["field"] == "nonsense"
    assert b"very-secret-value" not in found.content
    for name, value in (("access_token_expires_at", "soon"), ("other_expires_at", "2026-11-20")):
        found = program.ask("post", f"{path}/reconnect", {"credentials": {name: value}})
        assert problem(found, 422)["errors"][0]["field"] == name
    body = {"credentials": {"access_token": "very-secret-value"}}
    away = program.ask("post", f"{path}/reconnect", body, Idempotency_Key="one")
    problem(away, 503)
    assert away.has_header("Retry-After")
    for name in (path, "audit", "connections"):
        assert b"very-secret-value" not in program.get(name).content


def test_the_document_is_clean_and_the_reference_shows_all_of_it(tmp_path: Path) -> None:
    call_command(
        "spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "openapi.yaml")
    )
    client = Client()
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    page = client.get("/api/docs/")
    text = page.content.decode()
    names = [one["operationId"] for methods in paths.values() for one in methods.values()]
    assert len(names) == len(set(names))
    for path, methods in paths.items():
        assert path in text
        for one in methods.values():
            assert f'id="{one["operationId"]}"' in text
            assert one["description"]
            assert one["summary"]
    assert "<script>" not in text
    assert " style=" not in text
