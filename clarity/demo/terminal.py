"""What the demo shows in a terminal: counts that move, and where to look."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from clarity.demo.compare import Comparison


@dataclass
class Figures:
    """What is known at this moment."""

    orders: int = 0
    sales: int = 0
    comparison: Comparison | None = None
    problem: str = ""
    # Of the second step into the admin of our own people.
    code: str = ""


class Screen:
    """A live view on a terminal; plain lines where there is none."""

    def __init__(self, console: Console, *, wanted: int | None) -> None:
        """`wanted`: how many orders there will be; None when there is no end to them."""
        self._console = console
        self._wanted = wanted
        self._progress = Progress(
            TextColumn("{task.description:<26}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._placed = self._progress.add_task("Orders placed in the shop", total=wanted)
        self._arrived = self._progress.add_task("Orders in Heartland", total=wanted)
        self._live = Live(console=console, refresh_per_second=4)
        self._said = ""

    def __enter__(self) -> Screen:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, figures: Figures) -> None:
        """Draws the figures; without a terminal, a line each time they have changed."""
        found = figures.comparison
        arrived = found.orders_in_heartland if found else 0
        self._progress.update(self._placed, completed=figures.orders)
        self._progress.update(self._arrived, completed=arrived)
        if self._console.is_terminal:
            panel = self._panel(figures, arrived=arrived)
            self._live.update(Group(self._progress, panel) if self._wanted else panel)
            return
        line = f"placed {figures.orders}, in Heartland {arrived}, till sales {figures.sales}"
        if line != self._said:
            self._said = line
            self._console.print(line, highlight=False)

    def _panel(self, figures: Figures, *, arrived: int) -> Panel:
        table = Table.grid(padding=(0, 2))
        found = figures.comparison
        if not self._wanted:
            table.add_row("Orders placed in the shop", str(figures.orders))
            table.add_row("Orders in Heartland", str(arrived))
        table.add_row("Sales at the till", str(figures.sales))
        if found:
            table.add_row("Orders not there yet", str(found.lost))
            table.add_row("Duplicates", str(found.duplicates))
            table.add_row("Totals that differ", str(found.total_differences))
            table.add_row("Stock that differs", f"{found.stock_differences} of {found.skus} SKUs")
        if figures.code:
            table.add_row("Code for our staff's admin", figures.code)
        if figures.problem:
            table.add_row("Trouble", figures.problem)
        return Panel(table, title="Clarity Connect demo", subtitle="Ctrl+C ends it")
