"""The fault table of docs/reliability.md."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from clarity.faults.ground import Scale
from clarity.faults.results import Result

BEGIN, END = "<!-- faults:begin -->", "<!-- faults:end -->"
_HEAD = (
    "| Fault | Store | What was injected | Events | Lost | Doubled | Stock differences | Recovery |",
    "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |",
)


class NoPlace(ValueError):
    """The file has no place for the table; the message says what is missing."""


def markdown(results: Sequence[Result], *, scale: Scale, now: datetime, command: str) -> str:
    rows = [
        f"| {one.fault} | {one.store} | {one.injected} | {one.events} | {one.end.lost} | {one.end.doubled}"
        f" | {one.end.stock_differences} | {one.recovery_seconds:.1f} s |"
        for one in results
    ]
    said = (
        f"`{command}` on {now:%Y-%m-%d}: {psutil.cpu_count()} cores,"
        f" {psutil.virtual_memory().total / 2**30:.0f} GB, {platform.system()},"
        f" Python {platform.python_version()}. Storms and outages last {scale.storm:.0f} s, leases"
        f" {scale.lease} s, the longest pause between two tries is {scale.longest_pause} s."
    )
    return "\n".join((said, "", *_HEAD, *rows))


def write(file: Path, text: str) -> None:
    """Puts the table between the two marks. Raises NoPlace.

    Rows of faults that were not tried this time stay as they were.
    """
    whole = file.read_text("utf-8")
    if whole.count(BEGIN) != 1 or whole.count(END) != 1 or whole.index(BEGIN) > whole.index(END):
        raise NoPlace(f"{file} needs the lines {BEGIN} and {END}, each once, in this order.")
    before, _, rest = whole.partition(BEGIN)
    old, _, after = rest.partition(END)
    text = "\n".join((text, *_others(old, text)))
    file.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")


def _others(old: str, new: str) -> list[str]:
    """Rows of the old table whose faults, at that store, the new one lacks."""
    renewed = {tuple(line.split(" | ")[:2]) for line in new.splitlines()}
    rows = [line for line in old.splitlines() if line.startswith("| ") and line not in _HEAD]
    return [line for line in rows if tuple(line.split(" | ")[:2]) not in renewed]
