"""The demo from start to end: the parts, the traffic, the check."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from rich.console import Console

from clarity import supervisor
from clarity.demo import our_people, pairing, tenant
from clarity.demo.compare import Comparison, Sides
from clarity.demo.our_people import Manager
from clarity.demo.pairing import Paired
from clarity.demo.sandboxes import SandboxError
from clarity.demo.shop_day import ShopDay
from clarity.demo.terminal import Figures, Screen
from clarity.supervisor import Supervisor
from clarity.web.entry import entry_link
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.sandbox.catalogue import catalogue
from tenants.models import User

ACCOUNT = "demo"
POLL_SECONDS = 1.0
LOOK_SECONDS = 1.0
WATCH_SECONDS = 30.0


@dataclass(frozen=True)
class Wanted:
    """How the demo shall run. `store`: a connector. `orders` None: for ever. `per_second`: web
    orders placed."""

    store: str
    orders: int | None
    leave: bool
    port: int
    seed: str
    size: int
    per_second: float
    patience: float


class Disagreement(RuntimeError):
    """The two sides still differ after all patience; the message is the closing line."""


def run(wanted: Wanted, *, console: Console, opened: Callable[[str], None]) -> str:
    """Runs the demo; answers the closing JSON line. `opened` is told the link to the live page.

    Raises Disagreement when the sides differ at the end.
    """
    parts = Supervisor(Path(settings.CLARITY_DATA_DIR) / "logs")
    supervisor.interrupt_on_terminate()
    try:
        demo, link, urls = _start(parts, wanted)
        opened(link)
        manager = None if wanted.leave else _our_people(demo, urls, link, console)
        console.print(f"The shop, to order in:  {demo.shop_account['base_url']}/", highlight=False)
        console.print(f"The till, to sell at:   {demo.till_account['base_url']}/", highlight=False)
        skus = [
            article.sku for article in catalogue(seed=wanted.seed, size=wanted.size, hostile=True)
        ]
        day = ShopDay(demo.shop, demo.till, skus)
        _wait_until_watched(demo)
        with Screen(console, wanted=wanted.orders) as screen:
            return _watch(parts, wanted, demo.sides(), day, screen, manager)
    finally:
        parts.stop()


def _our_people(demo: Paired, urls: dict[str, str], link: str, console: Console) -> Manager:
    """Says how to get into the admin. Its second step is shown in the live view, or as a secret."""
    public_url = link.partition("/enter/")[0]
    manager = our_people.make(demo.tenant, now=timezone.now())
    our_people.make_stuck(manager, demo, urls=urls, public_url=public_url)
    there = entry_link(manager.user, public_url)
    console.print(f"Our staff's admin:      {there}", soft_wrap=True, highlight=False)
    said = "asks for the code shown below"
    if not console.is_terminal:
        said = f"asks for the code of an authenticator app with the secret {manager.secret}"
    place = "in another browser or a private window"
    console.print(f"                        ({place}; {said})", soft_wrap=True, highlight=False)
    return manager


def _start(parts: Supervisor, wanted: Wanted) -> tuple[Paired, str, dict[str, str]]:
    """The pair, the link to its pages, and where each sandbox answers."""
    port = supervisor.free_port(wanted.port)
    public_url = f"http://127.0.0.1:{port}"
    ports = {
        name: parts.add_sandbox(name, seed=wanted.seed) for name in (wanted.store, pairing.POS)
    }
    urls = {name: f"http://127.0.0.1:{at}" for name, at in ports.items()}
    words = " ".join(f"{name}={url}" for name, url in urls.items())
    for part in (supervisor.web(port=port), supervisor.workers()):
        part.environment.update(CLARITY_SANDBOXES=words, CLARITY_PUBLIC_URL=public_url)
        parts.add(part)
    for at in ports.values():
        supervisor.wait_for_port(at)
    supervisor.wait_for_port(port)
    demo = tenant.make(
        ACCOUNT,
        till=pairing.POS,
        shop=wanted.store,
        urls=urls,
        seed=wanted.seed,
        size=wanted.size,
        public_url=public_url,
        poll_seconds=POLL_SECONDS,
    )
    owner = User.objects.get(email=tenant.OWNER)
    return demo, entry_link(owner, public_url), urls


def _wait_until_watched(demo: Paired) -> None:
    """The shops open when both accounts are watched: what is sold before is for an initial load."""
    end = time.monotonic() + WATCH_SECONDS
    while not demo.is_watched() and time.monotonic() < end:
        time.sleep(0.05)


def _watch(
    parts: Supervisor,
    wanted: Wanted,
    sides: Sides,
    day: ShopDay,
    screen: Screen,
    manager: Manager | None,
) -> str:
    """Places orders at the wanted pace, and checks both sides until they agree."""
    began = time.monotonic()
    figures = Figures()
    next_order = next_look = began
    end = None
    while True:
        parts.watch()
        now = time.monotonic()
        more = wanted.orders is None or day.orders < wanted.orders
        if more and now >= next_order:
            _place(day, figures)
            next_order = max(next_order + 1 / wanted.per_second, now - 1)
        if now >= next_look:
            _look(sides, figures)
            next_look = time.monotonic() + LOOK_SECONDS
        figures.orders, figures.sales = day.orders, day.sales
        figures.code = manager.code() if manager else ""
        screen.show(figures)
        if not more and wanted.leave:
            end = end or now + wanted.patience
            found = figures.comparison
            # An order whose answer was lost is placed all the same.
            is_current = found is not None and found.orders_placed >= day.orders
            if found and ((is_current and found.agrees) or now > end):
                return _closing_line(found, seconds=time.monotonic() - began)
            if now > end:
                raise Disagreement(json.dumps({"error": figures.problem}))
        time.sleep(max(0.01, min(next_look, next_order if more else next_look) - time.monotonic()))


def _look(sides: Sides, figures: Figures) -> None:
    try:
        figures.comparison = sides.compare()
    except (ConnectorError, SandboxError) as error:
        figures.problem = str(error)[:120]


def _place(day: ShopDay, figures: Figures) -> None:
    try:
        day.next_order()
        figures.problem = ""
    except (ConnectorError, SandboxError) as error:
        # A sandbox that is being started again refuses for a moment; the next order goes through.
        figures.problem = str(error)[:120]


def _closing_line(found: Comparison, *, seconds: float) -> str:
    line = json.dumps(
        {
            "orders_placed": found.orders_placed,
            "orders_in_heartland": found.orders_in_heartland,
            "duplicates": found.duplicates,
            "lost": found.lost,
            "total_differences": found.total_differences,
            "skus": found.skus,
            "stock_differences": found.stock_differences,
            "seconds": round(seconds, 1),
        }
    )
    if not found.agrees:
        raise Disagreement(line)
    return line
