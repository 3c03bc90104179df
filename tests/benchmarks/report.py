"""The results as a table: in the terminal, and between two marks of a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.catalogue import BENCHMARKS, Target
from tests.benchmarks.runs import Result

BEGIN, END = "<!-- figures begin -->", "<!-- figures end -->"


def shown(value: float | None, target: Target) -> str:
    if value is None:
        return "not measured"
    return (
        f"{value:,.0f} {target.unit}".strip()
        if value >= 100
        else f"{value:,g} {target.unit}".strip()
    )


def lines(result: Result) -> list[str]:
    """For a terminal: one line a figure."""
    if result.problem:
        return [f"{result.name:<16} not measured: {result.problem}"]
    return [
        f"{result.name:<16} {target.says:<40} {shown(result.value(target), target):>14}"
        f"   {target.limit:<12} {result.verdict(target)}"
        for target in BENCHMARKS[result.name].targets
    ]


def table(results: Sequence[Result], machine: Mapping[str, str]) -> str:
    """Markdown: the machine, then one row a figure."""
    about = (
        f"Measured on {machine['date']} with {machine['cores']} cores ({machine['processor']}),"
        f" {machine['memory']} of memory, {machine['system']}, Python {machine['python']},"
        f" Django {machine['django']}, PostgreSQL {machine['postgresql']}. Before the first run the"
        f" machine's load was {machine['load_before']}."
    )
    rows = ["| Benchmark | What | Measured | Target | Met |", "| --- | --- | --- | --- | --- |"]
    for result in results:
        label = f"`{result.name}`"
        if result.problem:
            rows.append(f"| {label} | not measured: {_plain(result.problem)} | | | no |")
        for target in () if result.problem else BENCHMARKS[result.name].targets:
            value = shown(result.value(target), target)
            met = {"yes": "yes", "no": "**no**"}.get(result.verdict(target), "")
            rows.append(f"| {label} | {target.says} | {value} | {target.limit} | {met} |")
            label = ""
    jobs = [f"- `{result.name}`: {BENCHMARKS[result.name].job}." for result in results]
    runs = sorted({result.runs for result in results})
    said = f"Medians of {' or '.join(map(str, runs))} runs; of losses the worst run counts."
    return "\n\n".join([about, said, "\n".join(rows), "\n".join(jobs)])


def write(document: Path, content: str) -> None:
    """Puts the content between the marks of the document. Raises ValueError without them."""
    before, begin, rest = document.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{document.name} lacks the marks {BEGIN} and {END}")
    document.write_text(f"{before}{BEGIN}\n\n{content}\n\n{END}{after}", "utf-8")


def _plain(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
