"""Every benchmark by name: what it measures, where, and what we hold ourselves to.

The functions are found by their dotted names when they run. Each needs Django set up and a migrated
database to itself, starts every process it measures, and answers its figures as a dict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Target:
    """One promise. `figure`: where it stands in the answer, as in "stock.times_floor"."""

    figure: str
    says: str
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    def is_met(self, value: float) -> bool:
        if self.at_most is not None and value > self.at_most:
            return False
        return self.at_least is None or value >= self.at_least

    @property
    def limit(self) -> str:
        """The promise in words: "≤ 10 ms"."""
        sign, value = ("≤", self.at_most) if self.at_most is not None else ("≥", self.at_least)
        return "" if value is None else f"{sign} {value:,g} {self.unit}".rstrip()


def lost_and_doubled(prefix: str = "") -> tuple[Target, ...]:
    return (
        Target(f"{prefix}lost", "lost", at_most=0),
        Target(f"{prefix}doubled", "doubled", at_most=0),
    )


@dataclass(frozen=True)
class Benchmark:
    """`function`: "module:name"; it is called with `arguments`."""

    job: str
    function: str
    targets: tuple[Target, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seconds: int = 600


_END_TO_END = "tests.benchmarks.end_to_end:measure"
_ORDERS = "Signed Shopify order webhooks of 8.4 KB, to a till that takes one call of 50 ms"

BENCHMARKS: Mapping[str, Benchmark] = {
    "accept": Benchmark(
        "Webhooks verified, stored and committed before they are answered",
        "tests.benchmarks.accepting:measure",
        (
            Target("sustained.per_second", "sustained", "/s", at_least=600),
            Target("at_50.p99_ms", "p99 at 50/s", "ms", at_most=10),
            Target("at_200.p99_ms", "p99 at 200/s", "ms", at_most=25),
            Target("refused", "refused", at_most=0),
            Target("lost", "lost", at_most=0),
        ),
    ),
    "burst": Benchmark(
        "9,000 webhooks as fast as they are accepted, while the workers deliver",
        "tests.benchmarks.accepting:burst",
        (
            Target("stored", "stored", at_least=9000),
            Target("refused", "refused", at_most=0),
            *lost_and_doubled(),
        ),
        seconds=1200,
    ),
    "latency": Benchmark(
        f"{_ORDERS}, at 50/s over 20 tenants",
        _END_TO_END,
        (
            Target("p50_ms", "p50 until the till has the request", "ms", at_most=40),
            Target("p99_ms", "p99", "ms", at_most=150),
            *lost_and_doubled(),
        ),
        {"orders": 1000, "tenants": 20, "rate": 50.0},
    ),
    "latency-200": Benchmark(
        f"{_ORDERS}, at 200/s over 20 tenants",
        _END_TO_END,
        (
            Target("p50_ms", "p50 until the till has the request", "ms"),
            Target("p99_ms", "p99", "ms"),
            *lost_and_doubled(),
        ),
        {"orders": 3000, "tenants": 20, "rate": 200.0},
    ),
    "throughput-many": Benchmark(
        f"{_ORDERS}: 5,000 orders of 20 tenants as fast as they go",
        _END_TO_END,
        (
            Target("per_second", "delivered", "/s", at_least=370),
            Target("cpu_ms_per_order.all", "CPU per order, all processes", "ms", at_most=5),
            *lost_and_doubled(),
        ),
        {"orders": 5000, "tenants": 20},
    ),
    "throughput-one": Benchmark(
        f"{_ORDERS}: 1,500 orders of one tenant, 16 calls at once",
        _END_TO_END,
        (Target("per_second", "delivered", "/s", at_least=150), *lost_and_doubled()),
        {"orders": 1500, "tenants": 1},
    ),
    "noisy": Benchmark(
        "One tenant's 10,000 orders at once, and another's order every half second meanwhile",
        "tests.benchmarks.noisy:measure",
        (
            Target("delay_p95_seconds", "p95 of the delay it causes", "s", at_most=2),
            *lost_and_doubled(),
        ),
        seconds=1200,
    ),
    "crash": Benchmark(
        "All workers killed with kill -9 in the middle of 800 orders, and started again",
        "tests.benchmarks.crash:measure",
        (
            Target("resumed_seconds", "until orders flow again", "s", at_most=15),
            *lost_and_doubled(),
        ),
    ),
    "stock-latency": Benchmark(
        "A sale at the till until the web shop shows the new stock",
        "tests.benchmarks.stock:measure",
        (
            Target("polled.p95_after_poll_seconds", "p95 beyond the poll interval", "s", at_most=1),
            Target("webhook.p95_seconds", "p95 where the till sends a webhook", "s", at_most=2),
        ),
    ),
    "stock-bulk": Benchmark(
        "20,000 stock levels, 250 a call, 10 calls a second, then 5,000 customers",
        "tests.benchmarks.bulk:measure",
        (
            Target("stock.times_floor", "times the floor of 8 s", at_most=1.05),
            Target("stock.refused_429", "429 answers", at_most=0),
            Target("budget_used_percent", "rate budget used by customers", "%", at_least=90),
        ),
        seconds=7200,
    ),
    "stock-queue": Benchmark(
        "20,000 stock levels into Magento's sandbox through its bulk endpoint, 1,000 a load",
        "tests.benchmarks.queue_load:measure",
        (
            Target("seconds", "until every level is confirmed", "s"),
            Target("levels_per_second", "levels", "/s"),
            Target("calls_to_the_shop", "calls to the shop"),
            Target("refused_429", "429 answers", at_most=0),
            Target("differences", "different afterwards", at_most=0),
        ),
        seconds=3600,
    ),
    "converge": Benchmark(
        "37 wrong stock levels among 20,000: found in one read of each side, and mended",
        "tests.benchmarks.converging:measure",
        (
            Target("not_found", "not found", at_most=0),
            Target("wrongly_found", "wrongly found", at_most=0),
            Target("extra_calls_percent", "calls beyond one read of each side", "%", at_most=2),
            Target("seconds", "the comparison", "s"),
            Target("left", "left after the repair", at_most=0),
        ),
        seconds=1800,
    ),
    "transform": Benchmark(
        "The rules of an order with 50 lines",
        "tests.benchmarks.transforming:measure",
        (
            Target("milliseconds", "60 rules", "ms", at_most=2),
            Target("conditions.cpu_ms", "8 of them conditions and lookups", "ms", at_most=2),
            Target("expressions.cpu_ms", "4 of them expressions too", "ms", at_most=2),
            Target("expressions.wall_ms", "until their results are there", "ms", at_most=5),
        ),
    ),
    "memory": Benchmark(
        "Memory (PSS) of the whole installation: web, workers, PostgreSQL and their supervisor",
        "tests.benchmarks.memory:measure",
        (
            Target("idle_mb", "idle", "MB", at_most=200),
            Target("load_mb", "most under load", "MB", at_most=400),
        ),
    ),
    "pages": Benchmark(
        "Pages of the dashboard with 1,000,000 records of one tenant",
        "tests.benchmarks.pages:measure",
        (Target("worst_p95_ms", "p95 of the slowest page", "ms", at_most=100),),
        seconds=3600,
    ),
    "staff-pages": Benchmark(
        "Lists of an account's 1,000,000 records in the admin of our own people",
        "tests.benchmarks.staff_pages:measure",
        (Target("worst_p95_ms", "p95 of the slowest page", "ms", at_most=1000),),
        seconds=3600,
    ),
    "retention": Benchmark(
        "Dropping what is older than a tenant keeps, of 1,000,000 inbox rows over 90 days",
        "tests.benchmarks.retention:measure",
        (
            Target("seconds_per_payload_day", "dropping a day of payloads", "s", at_most=1),
            Target("seconds_per_item_week", "dropping a week of inbox rows", "s", at_most=1),
        ),
        seconds=3600,
    ),
}
