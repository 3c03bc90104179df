"""What the log says, and above all what it does not."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from clarity import error_reports
from clarity.logs.formats import JsonFormat, LineFormat
from clarity.logs.scrubbing import scrubbed
from tenants import log_context, scope

ROOT = Path(__file__).resolve().parents[2]
TENANT = UUID("11111111-2222-4333-8444-555555555555")


class Written:
    """A log of our own, in both forms."""

    def __init__(self) -> None:
        self.logger = logging.getLogger("integrations.of_a_test")
        self._streams = (io.StringIO(), io.StringIO())
        self.handlers = []
        for stream, form in zip(self._streams, (LineFormat(), JsonFormat()), strict=True):
            handler = logging.StreamHandler(stream)
            handler.setFormatter(form)
            self.handlers.append(handler)

    @property
    def line(self) -> str:
        return self._streams[0].getvalue()

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._streams[1].getvalue().splitlines()]


@pytest.fixture
def written() -> Iterator[Written]:
    log = Written()
    places = [logging.getLogger(name) for name in ("integrations", "clarity", "django.request")]
    for place in places:
        for handler in log.handlers:
            place.addHandler(handler)
    yield log
    for place in places:
        for handler in log.handlers:
            place.removeHandler(handler)


def test_a_line_carries_the_ids_of_its_request_and_of_its_words(written: Written) -> None:
    with log_context.during(request_id="abc12345"):
        log_context.add(tenant_id=TENANT)
        written.logger.warning("inbox item %s could not be read", 17)
    written.logger.info("delivery %s of connection %s waits", 5, TENANT)
    written.logger.warning("outcomes of deliveries %s could not be kept", [1, 2])
    first, *others = written.objects
    assert first["message"] == "inbox item 17 could not be read"
    assert (first["level"], first["logger"]) == ("WARNING", "integrations.of_a_test")
    assert first["time"].endswith("Z")
    assert (first["request_id"], first["tenant_id"]) == ("abc12345", str(TENANT))
    assert first["inbox_item_id"] == 17
    assert "request_id" not in others[0]
    assert [one.get("delivery_id") for one in others] == [5, [1, 2]]
    assert others[0]["connection_id"] == str(TENANT)
    assert f"could not be read [request_id=abc12345 tenant_id={TENANT}]" in written.line


SECRETS = {
    "e-mail": ("customer ada.lovelace+x@mail.example.com was refused", "lovelace"),
    "e-mail in an address": ("/search?q=ada%40example.com", "ada%40"),
    "card": ("the note said 4111 1111 1111 1111", "4111 1111"),
    "token": ("asked with shpat_0123456789abcdef0123456789abcdef", "0123456789abcdef"),
    "bearer": ("Authorization: Bearer abcdef123456789", "abcdef123456789"),
    "password": ('{"password": "correct horse"}', "correct horse"),
    "database": ("postgres://clarity:hush@db.example.com/x", "hush"),
    "entry": ("Gone: /enter/0123abcd.tok-en/", "tok-en"),
    "address": ("Gone: /alerts/address/WyJ0LWsi:1abc:sign-ed/", "sign-ed"),
    "receipt": ("Gone: /erasure/5b4a3928-1706-4f5e-8d4c-3b2a19087f6e/", "5b4a3928"),
    "row": ("duplicate key\nDETAIL:  Key (name)=(Ada Lovelace) exists.", "Ada"),
    "value": ("[type=x, input_value='Ada\\n Lovelace', input_type=str]", "Ada"),
}


@pytest.mark.parametrize("case", SECRETS)
def test_what_others_say_is_scrubbed_wherever_it_stands(written: Written, case: str) -> None:
    said, hidden = SECRETS[case]
    assert hidden not in scrubbed(said)
    written.logger.warning("the other side said: %s", said)
    try:
        raise RuntimeError(said)
    except RuntimeError:
        written.logger.exception("it failed")
    assert len(written.objects) == 2
    assert "RuntimeError" in written.objects[1]["error"]
    everything = written.line + json.dumps(written.objects)
    assert hidden not in everything
    event = {
        "exception": {"values": [{"value": said}]},
        "request": {"method": "POST", "data": said, "headers": {"Cookie": said}, "url": said},
        "logentry": {"message": "%s", "formatted": said, "params": [said]},
        "user": {"email": said},
        "breadcrumbs": {"values": [{"message": said}]},
        "extra": {"payload": said},
    }
    report = error_reports.cleaned(event, {})  # type: ignore[arg-type]
    assert hidden not in json.dumps(report)


def test_ids_of_ours_stay_though_some_look_like_the_number_of_a_card(written: Written) -> None:
    number = 4012888888881
    said = f"lane {TENANT} worked for 20.05 s"
    assert scrubbed(said) == said
    assert str(number) not in scrubbed(f"item {number}")
    written.logger.info("inbox item %s of %s", number, "4012888888881")
    written.logger.info("deliveries %s took %.1f s", [number, 7], 1.5)
    first, second = written.objects
    assert first["message"] == f"inbox item {number} of [card number removed, ending 8881]"
    assert first["inbox_item_id"] == number
    assert second["message"] == f"deliveries [{number}, 7] took 1.5 s"
    assert f"inbox item {number} of [card" in written.line


def test_nobody_can_write_a_line_of_their_own(written: Written) -> None:
    written.logger.warning("said %s", "x\n2026-01-01 ERROR clarity all is lost\x1b[2J\u202e")
    assert [line[:4] for line in written.line.splitlines()[1:]] == ["  20"]
    assert "\x1b" not in written.line
    assert len(written.objects) == 1


def test_a_request_is_told_by_its_route_and_answered_with_its_id(
    transactional_db: None, written: Written
) -> None:
    client = Client(headers={"X-Request-ID": "from-the-proxy-1"})
    answer = client.get("/sign-in/?next=/x&email=ada@example.com")
    assert answer["X-Request-ID"] == "from-the-proxy-1"
    (told,) = [one for one in written.objects if one["logger"] == "clarity.requests"]
    assert (told["method"], told["route"], told["status"]) == ("GET", "login", 200)
    assert told["request_id"] == "from-the-proxy-1"
    assert told["ms"] > 0
    assert "ada" not in json.dumps(told)
    for odd in ("x", "a b c d e f g h", "<script>alert(1)</script>", "a" * 200):
        made = Client(headers={"X-Request-ID": odd}).get("/none/")["X-Request-ID"]
        assert len(made) == 32
        assert made != odd
    # Those who watch are not told of.
    before = len(written.objects)
    Client().get("/healthz")
    assert len(written.objects) == before


def test_an_error_of_ours_is_told_without_what_was_sent(
    transactional_db: None, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("no place for grace@example.com")

    monkeypatch.setattr(scope, "user", broken)
    client = Client(raise_request_exception=False)
    client.post("/sign-in/", {"username": "ada@example.com", "password": "correct horse battery"})
    monkeypatch.setattr("clarity.web.health.views.HttpResponse", broken)
    assert client.get("/healthz").status_code == 500
    everything = written.line + json.dumps(written.objects)
    assert "Internal Server Error" in everything
    for hidden in ("ada@", "grace@", "correct horse"):
        assert hidden not in everything


REPORTER = """
import django, json, logging, sys
django.setup()
import sentry_sdk
from django.test import Client
from sentry_sdk.transport import Transport
from clarity import error_reports

class Kept(Transport):
    def __init__(self, *_): self.options, self.parsed_dsn = None, None
    def capture_envelope(self, envelope): print(json.dumps(envelope.get_event()), flush=True)

error_reports.start("https://key@sentry.example.com/1", environment="test")
sentry_sdk.get_client().transport = Kept()
from clarity.web.health import views
def broken(*_, **__):
    hidden_here = "variable-hush"
    raise RuntimeError("refused ada@example.com 4111 1111 1111 1111")
views.HttpResponse = broken
client = Client(raise_request_exception=False, headers={"Cookie": "a=cookie-hush"})
assert client.get("/healthz?email=query-hush").status_code == 500
"""


def test_a_report_says_where_it_failed_and_nothing_of_what_was_sent() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REPORTER],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "clarity.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == 1
    (raised,) = reports[0]["exception"]["values"]
    assert raised["type"] == "RuntimeError"
    assert raised["value"] == "refused [e-mail removed] [card number removed, ending 1111]"
    assert "broken" in [frame["function"] for frame in raised["stacktrace"]["frames"]]
    assert len(reports[0]["tags"]["request_id"]) == 32
    for hidden in ("ada@", "4111", "variable-hush", "cookie-hush", "query-hush"):
        assert hidden not in done.stdout
