"""The page of all functions (docs/mapping-functions.md), made from the code."""

from __future__ import annotations

import inspect
from types import ModuleType

from mappings.engine import evaluator, functions, guard
from mappings.engine.expressions import BUILT_IN, REFUSED
from mappings.engine.functions import FUNCTIONS, Function
from mappings.engine.rule import LONGEST_EXPRESSION

_BEGINNING = """\
# Functions of mapping rules

<!-- Made by `manage.py mapping_functions --write`. Change mappings/engine/functions.py instead. -->

A rule may work out its value with an expression in [JSONata](https://docs.jsonata.org). Simple rules
(a source, a constant, a lookup, a condition) need none, and are faster.

```toml
[[preset.rules]]
target = "phone"
expression = "$phone(shipping.phone, shipping.country)"
```

## What an expression sees

- The names are those of our record: `total`, `customer.email`, `lines[0].sku`.
- In a repeated rule (`[]` in the target) the names are those of the row. `$record` is the whole
  record and `$index` the place of the row, from 0.
- Amounts and ids are texts: `"16.05"`. JSONata's own `+ - * /` work with binary fractions, in which
  0.1 + 0.2 is 0.30000000000000004, so a result that has some is refused for an amount. Use `$add`,
  `$subtract`, `$multiply`, `$divide` and `$money`; they are exact.
- A result of nothing leaves the field empty: then the rule's default counts, or the record waits
  when the field is required.

## Limits

| What | Limit |
| --- | --- |
| Length of an expression | {longest:,} characters |
| Time of all expressions of one record | {seconds:g} s |
| Memory | {megabytes} MB |
| Elements of a list that is made | {sequence:,} |
| Calls within calls | {depth} |
| Length of a result | {output:,} characters |

What passes a limit is stopped. The record waits with a message that names the rule; other records go
on. Expressions run in processes of their own that know no secrets and reach nothing outside, drafts
and published rules alike: what was tried with one record may blow up with the next.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [
        _BEGINNING.format(
            longest=LONGEST_EXPRESSION,
            seconds=guard.PUBLISHED.seconds,
            megabytes=guard.PUBLISHED.megabytes,
            sequence=evaluator.SEQUENCE,
            depth=evaluator.DEPTH,
            output=evaluator.OUTPUT,
        )
    ]
    for title, names in _sections(functions).items():
        parts += [f"## {title}\n", *(_function(FUNCTIONS[name]) for name in names)]
    parts.append(_jsonata())
    return "\n".join(parts)


def _function(function: Function) -> str:
    gives = f'"{function.gives}"' if isinstance(function.gives, str) else str(function.gives)
    shown = gives.replace("\n", "\\n")
    return (
        f"### {function.signature}\n\n{function.meaning}\n\n"
        f"```\n{function.example}\n→ {shown}\n```\n"
    )


def _jsonata() -> str:
    known = ", ".join(f"`${name}`" for name in sorted(BUILT_IN, key=str.lower))
    refused = "\n".join(f"- `${name}` {why}." for name, why in sorted(REFUSED.items()))
    return (
        "## JSONata's own\n\n"
        f"{known}; see [its documentation](https://docs.jsonata.org/string-functions).\n\n"
        f"Not allowed:\n\n{refused}\n"
    )


def _sections(module: ModuleType) -> dict[str, list[str]]:
    """Title -> names of functions, by the headings of the file."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in inspect.getsource(module).splitlines():
        if line.startswith("# --- "):
            title = line.strip("# -").capitalize()
        elif line.startswith("def ") and line[4:].partition("(")[0] in FUNCTIONS:
            found.setdefault(title, []).append(line[4:].partition("(")[0])
    return found
