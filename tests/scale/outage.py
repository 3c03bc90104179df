"""The run of `tests.scale.hosts`, inside the network namespace it has made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import django

django.setup()

from django.utils import timezone  # noqa: E402

from clarity import supervisor  # noqa: E402
from clarity.postgres import embedded  # noqa: E402
from integrations.models import Lane  # noqa: E402
from tenants import scope  # noqa: E402
from tests.flow.conftest import Rig  # noqa: E402
from tests.scale import network, rigs, shared_database  # noqa: E402
from tests.scale.counts import delivered  # noqa: E402
from tests.scale.network import Host  # noqa: E402

TENANTS = 6
ORDERS = 5
LIMIT_SECONDS = 15.0
PATIENCE = 240.0
# Long enough for calls to be under way at any moment, short enough for the run to end.
CALL_SECONDS = 0.1
WORKERS = [sys.executable, "manage.py", "qcluster"]


class Broken(Exception):
    """A promise was broken; the message says which."""


@dataclass
class Installation:
    """All hosts, and the pairs whose lanes they share."""

    web: Host
    shops: Host
    workers: list[Host]
    rigs: list[Rig]
    placed: int = 0

    def place_orders(self) -> None:
        """Some orders in every shop."""
        for number, rig in enumerate(self.rigs):
            rig.shop.act("orders", count=ORDERS, seed=100 * self.placed + number)
        self.placed += ORDERS

    def held_by(self, host: Host) -> dict[str, int]:
        """The lanes that a host holds now, with their fencing tokens."""
        with scope.door("see who holds the lanes"):
            rows = Lane.objects.filter(
                holder__startswith=f"{host.name}/", lease_until__gt=timezone.now()
            )
            return {str(lane): token for lane, token in rows.values_list("pk", "token")}

    def tokens(self) -> dict[str, int]:
        with scope.door("see who holds the lanes"):
            return {str(lane): token for lane, token in Lane.objects.values_list("pk", "token")}

    def all_arrived(self) -> bool:
        return all(delivered(rig) >= self.placed for rig in self.rigs)


def wait(done: Callable[[], bool], what: str, *, seconds: float = PATIENCE) -> float:
    """How long it took. Raises Broken when it takes too long."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise Broken(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def set_up(folder: Path) -> Installation:
    network.make_bridge()
    shared_database.start(folder / "postgres", address=network.HUB, network=f"{network.PREFIX}0/24")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"], cwd=network.ROOT, check=True
    )

    def host(name: str, number: int) -> Host:
        environment = {**os.environ, "CLARITY_DATA_DIR": str(folder / name), "CLARITY_WORKERS": "2"}
        return Host(name, number, log=folder / f"{name}.log", environment=environment)

    web, shops = host("web", 10), host("shops", 20)
    workers = [host("w1", 11), host("w2", 12)]
    web.start(supervisor.web(port=8000, host=web.address).command)
    for number, connector in enumerate(("shopify", "heartland")):
        module = "integrations.connector_kit.sandbox.server"
        at = ["--host", shops.address, "--port", str(9001 + number)]
        shops.start([sys.executable, "-m", module, connector, *at])
    for worker in workers:
        worker.start(WORKERS)
    for at, port in ((web, 8000), (shops, 9001), (shops, 9002)):
        supervisor.wait_for_port(port, host=at.address)
    made = [
        rigs.make(
            f"scale-{number}",
            shop_url=f"http://{shops.address}:9001",
            till_url=f"http://{shops.address}:9002",
            public_url=f"http://{web.address}:8000",
        )
        for number in range(TENANTS)
    ]
    for rig in made:
        rig.till.act("faults", kind="latency", value=CALL_SECONDS, times=-1)
    return Installation(web, shops, workers, made)


def outage(
    all_of_it: Installation, victim: Host, *, begin: Callable[[], None], end: Callable[[], None]
) -> dict[str, object]:
    """Something happens to a host that holds lanes; how long they take to move, and then `end`."""
    all_of_it.place_orders()
    lanes: dict[str, int] = {}

    def works() -> bool:
        lanes.update(all_of_it.held_by(victim))
        return len(all_of_it.held_by(victim)) >= 2

    wait(works, f"{victim.name} holds lanes")
    lanes = all_of_it.held_by(victim)
    begin()

    def moved() -> bool:
        now = all_of_it.tokens()
        return all(now[lane] > token for lane, token in lanes.items())

    seconds = wait(moved, f"the lanes of {victim.name} move")
    # Whatever was under way is finished by the other host before the victim comes back.
    wait(all_of_it.all_arrived, "every order arrives without that host")
    end()
    return {"lanes": len(lanes), "moved_seconds": round(seconds, 1)}


def run(folder: Path) -> dict[str, object]:
    all_of_it = set_up(folder)
    first, second = all_of_it.workers

    def boot_again() -> None:
        first.reboot()
        first.start(WORKERS)

    report: dict[str, object] = {"tenants": TENANTS, "worker_hosts": len(all_of_it.workers)}
    report["killed"] = outage(all_of_it, first, begin=first.kill, end=boot_again)
    report["cut_off"] = outage(all_of_it, second, begin=second.cut, end=second.mend)
    report["cut_off_from_database"] = outage(
        all_of_it,
        first,
        begin=lambda: first.cut_off_from(network.HUB),
        end=lambda: first.join_again(network.HUB),
    )
    # The returned hosts work again, and what their zombies still had in hand comes to light.
    all_of_it.place_orders()
    wait(all_of_it.all_arrived, "every order arrives with all hosts back")
    for host in all_of_it.workers:
        wait(lambda host=host: bool(all_of_it.held_by(host)), f"{host.name} holds lanes again")
    for rig in all_of_it.rigs:
        wait(lambda rig=rig: rig.compare().agrees, "both sides agree")
    found = [rig.compare() for rig in all_of_it.rigs]
    return {
        **report,
        "orders": sum(one.orders_placed for one in found),
        "orders_in_heartland": sum(one.orders_in_heartland for one in found),
        "lost": sum(one.lost for one in found),
        "doubled": sum(one.duplicates for one in found),
        "stock_differences": sum(one.stock_differences for one in found),
    }


def broken(report: dict[str, object]) -> list[str]:
    """The promises that were not kept."""
    late = [
        f"{name}: lanes moved after {figures['moved_seconds']} s"
        for name, figures in report.items()
        if isinstance(figures, dict) and figures["moved_seconds"] > LIMIT_SECONDS
    ]
    return late + [name for name in ("lost", "doubled", "stock_differences") if report[name]]


def main() -> int:
    folder = Path(os.environ["CLARITY_SCALE_FOLDER"])
    began = time.monotonic()
    report: dict[str, object] = {"broken": ["the run did not come to its end"]}
    try:
        report = run(folder)
        report["broken"] = broken(report)
    except Broken as error:
        report["broken"] = [str(error)]
    finally:
        if report["broken"]:
            for log in sorted(folder.glob("*.log")):
                sys.stderr.write(f"--- {log.name}\n{log.read_text('utf-8', 'replace')[-3000:]}\n")
        embedded.stop(folder / "postgres")
    report["seconds"] = round(time.monotonic() - began, 1)
    sys.stdout.write(json.dumps({"scale": report}) + "\n")
    return 1 if report["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
