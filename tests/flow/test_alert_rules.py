"""When something is told: at most three times a case, quietly while it comes and goes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from integrations.models import ChannelKind, Incident, Topic
from integrations.services import alert_posting, alert_rules, alert_words
from integrations.services.alert_rules import Known, Seen, Step, decide
from integrations.services.alert_words import Content

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def seen(count: int = 1, *, is_open: bool = True, kind: str = "records") -> Seen:
    return Seen(is_open=is_open, kind=kind, count=count)


def test_the_first_message_waits_a_moment_to_know_how_many() -> None:
    known = Known(began_at=T0)
    early = decide(known, seen(), now=T0 + timedelta(seconds=5))
    assert (early.step, early.due_at) == (Step.WAIT, T0 + alert_rules.GATHER)
    assert decide(known, seen(), now=T0 + alert_rules.GATHER).step == Step.TELL_FIRST


def test_an_alarm_that_ends_soon_is_never_told() -> None:
    known = Known(began_at=T0)
    late = seen(0, kind="lateness")
    assert decide(known, late, now=T0 + MINUTE).step == Step.WAIT
    assert decide(known, late, now=T0 + 3 * MINUTE).step == Step.TELL_FIRST
    gone = Known(began_at=T0, clear_since=T0 + MINUTE)
    assert decide(gone, seen(0, is_open=False), now=T0 + MINUTE).step == Step.DROP


@pytest.mark.parametrize(("told", "limit"), [(0, 10), (1, 10), (3, 30), (10, 100), (1_000, 10_000)])
def test_tenfold_is_ten_times_what_was_told_first(told: int, limit: int) -> None:
    assert alert_rules.tenfold(told) == limit
    assert alert_rules.is_tenfold(told, limit)
    assert not alert_rules.is_tenfold(told, limit - 1)


def test_ten_thousand_failures_are_told_twice_and_their_end_once() -> None:
    """Every count up to 10,000 is looked at: the answers hold one message of each kind."""
    told = Known(began_at=T0, told_at=T0, told_count=1)
    steps = []
    for count in range(1, 10_001):
        at = T0 + timedelta(seconds=count)
        step = decide(told, seen(count), now=at).step
        if step == Step.TELL_GROWN:
            told = Known(began_at=T0, told_at=T0, told_count=1, grown_at=at)
        if step != Step.WAIT:
            steps.append((step, count))
    assert steps == [(Step.TELL_GROWN, 300)], (
        "five minutes after the first, with what it is by then"
    )
    over = Known(**{**told.__dict__, "clear_since": T0 + 3 * HOUR})
    assert decide(over, seen(0, is_open=False), now=T0 + 3 * HOUR).step == Step.WAIT
    end = T0 + 3 * HOUR + alert_rules.SETTLED
    assert decide(over, seen(0, is_open=False), now=end).step == Step.TELL_RESOLVED


def test_what_comes_back_again_and_again_is_told_at_growing_distances() -> None:
    assert alert_rules.cool_down([]) is None
    told = [T0]
    distances = []
    for _ in range(6):
        until = alert_rules.cool_down(told)
        assert until is not None
        distances.append((until - told[0]) / HOUR)
        told.insert(0, until)
    assert distances == [1, 2, 4, 8, 12, 12]
    week_later = alert_rules.cool_down([T0 + timedelta(days=7), *told])
    assert week_later == T0 + timedelta(days=7) + HOUR
    quiet = Known(began_at=T0, not_before=T0 + HOUR)
    assert decide(quiet, seen(), now=T0 + 59 * MINUTE).due_at == T0 + HOUR
    assert decide(quiet, seen(), now=T0 + HOUR).step == Step.TELL_FIRST


def test_a_failed_try_waits_longer_each_time_and_as_long_as_it_is_asked_to() -> None:
    waits = [alert_rules.try_again(attempts) / MINUTE for attempts in range(1, 8)]
    assert waits == [1, 5, 15, 60, 180, 180, 180]
    assert alert_rules.try_again(1, after=600) == 10 * MINUTE
    assert alert_rules.try_again(4, after=5) == HOUR


NEW_YORK = ZoneInfo("America/New_York")


def digests(start: datetime, hours: int, *, hour: int, zone: ZoneInfo) -> list[tuple[date, str]]:
    """Which days get a digest, and at what time there, when it is looked at each quarter hour."""
    last: date | None = alert_rules.day_before_first(now=start, zone=zone, hour=hour)
    found = []
    for quarter in range(4 * hours):
        now = start + quarter * timedelta(minutes=15)
        day = alert_rules.digest_day(now=now, zone=zone, hour=hour, last=last)
        if day is not None:
            found.append((day, f"{now.astimezone(zone):%H:%M %Z}"))
            last = day
    return found


def test_the_digest_comes_once_a_day_at_the_hour_of_the_tenant() -> None:
    start = datetime(2026, 3, 7, 0, tzinfo=UTC)
    assert digests(start, 72, hour=8, zone=NEW_YORK) == [
        (date(2026, 3, 7), "08:00 EST"),
        (date(2026, 3, 8), "08:00 EDT"),
        (date(2026, 3, 9), "08:00 EDT"),
    ]


def test_an_hour_the_clocks_leave_out_or_repeat_gives_one_digest() -> None:
    spring = digests(datetime(2026, 3, 8, 5, tzinfo=UTC), 24, hour=2, zone=NEW_YORK)
    assert spring == [(date(2026, 3, 8), "03:00 EDT")]
    autumn = digests(datetime(2026, 11, 1, 4, tzinfo=UTC), 24, hour=1, zone=NEW_YORK)
    assert autumn == [(date(2026, 11, 1), "01:00 EDT")]


def test_a_digest_missed_while_nobody_worked_is_made_up_for_the_same_day() -> None:
    evening = datetime(2026, 6, 1, 22, tzinfo=NEW_YORK)
    day = alert_rules.digest_day(now=evening, zone=NEW_YORK, hour=8, last=date(2026, 5, 31))
    assert day == date(2026, 6, 1)
    assert alert_rules.digest_day(now=evening, zone=NEW_YORK, hour=8, last=day) is None


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        ("records", Topic.RECORDS),
        ("conservation", Topic.BOOKS),
        ("convergence", Topic.STOCK),
        ("something new", Topic.BOOKS),
    ],
)
def test_every_kind_of_incident_has_a_topic(kind: str, topic: Topic) -> None:
    assert alert_rules.topic_of(kind) == topic


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "values", "said"),
    [
        ("payments[].gateway", ["gift_voucher"], "no payment method for 'gift_voucher'"),
        ("payments[].gateway", ["cash", "gift_voucher"], "no payment method for […]"),
        ("customer.name", ["Ann Example"], "no payment method for […]"),
        ("payments[].gateway", ["ann@example.com"], "no payment method for […]"),
        ("payments[].gateway", ["4111 1111 1111 1111"], "no payment method for […]"),
        ("payments[].gateway", ["<b>bold</b>"], "no payment method for […]"),
    ],
)
def test_a_value_stands_in_a_subject_only_when_it_is_no_persons(
    field: str, values: list[str], said: str
) -> None:
    incident = Incident(message="Order […]: no payment method for […]", field=field)
    assert alert_words.cause(incident, values) == said


def test_a_subject_is_one_line() -> None:
    assert alert_words.short("3 orders\r\nBcc: x@example.com") == "3 orders Bcc: x@example.com"
    assert len(alert_words.short("x" * 900)) == alert_words.LONGEST_SUBJECT


def test_a_chat_gets_text_and_blocks_in_which_nothing_is_markup() -> None:
    content = Content(
        event="incident.opened",
        title="3 orders are held: <!channel> & co",
        said="Everything else keeps flowing.",
        advice="Add the method.",
        link="https://clarity.example.com/t/x/incidents/1/",
        link_words="Open the incident",
        facts=[["Since", "1 Mar 2026"], ["Field", ""]],
    )
    made = alert_posting.as_slack(content)
    assert made["text"] == "3 orders are held: &lt;!channel&gt; &amp; co"
    assert [block["type"] for block in made["blocks"]] == ["section"] * 4
    assert made["blocks"][0]["text"] == {
        "type": "mrkdwn",
        "text": "*3 orders are held: &lt;!channel&gt; &amp; co*",
    }
    assert made["blocks"][1]["text"]["text"] == (
        "Everything else keeps flowing.\n\n*What to do:* Add the method."
    )
    assert made["blocks"][2]["fields"] == [{"type": "mrkdwn", "text": "*Since*\n1 Mar 2026"}]
    assert made["blocks"][3]["text"]["text"] == (
        "<https://clarity.example.com/t/x/incidents/1/|Open the incident>"
    )


def test_what_can_be_chosen_is_explained() -> None:
    from clarity.web.alerts import words

    assert set(words.TOPICS) == set(Topic)
    assert set(words.KINDS) == set(ChannelKind)
