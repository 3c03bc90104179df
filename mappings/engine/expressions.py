"""JSONata expressions of rules: checked when typed, prepared for the process that evaluates them.

Nothing is evaluated here; see guard.py for why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import jsonatapy

from mappings.engine.functions import FUNCTIONS
from mappings.engine.paths import Step

_BUILT_IN = """
abs append assert average base64decode base64encode boolean ceil contains count decodeUrl
decodeUrlComponent distinct each encodeUrl encodeUrlComponent error exists filter floor formatBase
formatInteger formatNumber fromMillis join keys length lookup lowercase map match max merge min not
number pad parseInteger power reduce replace reverse round sift single sort split spread sqrt string
substring substringAfter substringBefore sum toMillis trim type uppercase zip
"""
BUILT_IN = frozenset(_BUILT_IN.split())
"""JSONata's own functions that rules may call (docs.jsonata.org, version 2.2)."""

REFUSED = {
    "eval": "runs text as an expression, so nobody could check it",
    "now": "gives another result each time, so equal records would differ",
    "millis": "gives another result each time, so equal records would differ",
    "random": "gives another result each time, so equal records would differ",
    "shuffle": "gives another result each time, so equal records would differ",
}
GIVEN = ("record", "index")
"""Variables that every expression has: the whole record, and the place of a row from 0."""

_TOKEN = re.compile(
    r"""(?P<space>\s+|/\*.*?\*/)
    |(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<quoted>`[^`]*`)
    |(?P<variable>\${1,2}\w*)
    |(?P<name>[^\W\d]\w*)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<regex>/(?:\\.|[^/\\\n])+/[im]*)
    |(?P<sign>:=|\.\.|!=|<=|>=|~>|\?\?|\?:|\*\*|.)""",
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS = frozenset(("and", "or", "in", "true", "false", "null", "function"))


class BadExpression(ValueError):
    """Why an expression cannot be used; `position` counts characters from 1, 0 when unknown."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True)
class Job:
    """One expression to evaluate: `slot` names its rule, `program` is what the process runs.

    With `rows` (how many rows there are), `program` does all rows at once and `one` the row `$at`.
    """

    slot: str
    program: str
    one: str = ""
    rows: str = ""


def job(slot: str, text: str, *, each: Sequence[Step] | None, yes_or_no: bool = False) -> Job:
    """The expression made ready: in an object, a result that is null differs from none."""
    wanted = f'{{"v": $boolean(({text}))}}' if yes_or_no else f'{{"v": ({text})}}'
    # Bound only where they are used: both cost time in each row.
    record = "$record := $; " if "$record" in text else ""
    if each is None:
        return Job(slot, f"({record}{wanted})")
    path, place = _path(each), "#$index" if "$index" in text else ""
    return Job(
        slot,
        f"({record}[({path}){place}.{wanted}])",
        f"({record}$index := $at; ({path})[$at].{wanted})",
        f"$count({path})",
    )


@dataclass(frozen=True)
class Needs:
    """Names among which are all fields an expression can reach; `all_` when it can reach any.

    `row` is False when it may use its row as a whole, so that each field of a row is needed.
    """

    names: frozenset[str]
    all_: bool = False
    row: bool = True


def needs(text: str, *, repeated: bool) -> Needs:
    """What the expression can reach: a field by its name in the text, unless the record (or the
    row, when it is repeated) is taken as a whole."""
    found: set[str] = set()
    words = [word for word, _ in _words(text)]
    all_, row = False, True
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in ("*", "**", "%"):
            all_ = True
        elif word == "$":
            row = False
        elif word in ("$$", "$record"):
            all_ |= following != "."
        elif word[0] == "`" or word[0].isalpha():
            found.add(word.strip("`"))
    return Needs(frozenset(found), all_ or not (row or repeated), row)


def check(text: str) -> None:
    """Raises BadExpression when the expression cannot be read or calls what it may not."""
    try:
        jsonatapy.compile(text)
    except ValueError as error:
        at = _position(text, str(error))
        raise BadExpression(f"{_plain(str(error))} at position {at}", at) from None
    own = {*_assigned(text), *GIVEN}
    for word, at in _words(text):
        name = word[1:]
        if word[0] != "$" or name in ("", "$") or name in own or name in BUILT_IN:
            continue
        if name in REFUSED:
            raise BadExpression(f"${name} at position {at} {REFUSED[name]}", at)
        if name not in FUNCTIONS:
            close = get_close_matches(name, [*BUILT_IN, *FUNCTIONS, *own], n=1)
            hint = f"; did you mean ${close[0]}?" if close else ""
            raise BadExpression(f"${name} at position {at} does not exist{hint}", at)


def reads(text: str) -> tuple[str, ...]:
    """The paths an expression reads, as far as its text shows them, in order.

    "$$.total" is read in the record, "total" where the expression stands: in the row, if it is
    repeated.
    """
    found: dict[str, None] = {}
    path, before = "", ""
    for word, _ in (*_words(text), ("", 0)):
        is_name = word[:1] == "`" or (word[:1].isalpha() and word not in _KEYWORDS)
        if is_name and (before == "." or not path):
            path = f"{path}.{word.strip('`')}" if path else word.strip("`")
        elif word in ("$$", "$record"):
            path = "$$"
        elif word != ".":
            if path.strip("$"):
                found[path] = None
            path = word if is_name else ""
        before = word
    return tuple(found)


def _path(steps: Sequence[Step]) -> str:
    said = ""
    for step in steps:
        said += f"[{step}]" if isinstance(step, int) else f"{'.' if said else ''}`{step}`"
    return said


def _words(text: str) -> Iterator[tuple[str, int]]:
    """Words and signs with their positions from 1; texts, numbers and patterns come as '"'."""
    place, operand = 0, False
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:  # an unpaired quote; compiling has refused it already
            return
        kind, said = str(match.lastgroup), match.group()
        if kind == "regex" and operand:
            kind, said = "sign", "/"
        at, place = place + 1, place + len(said)
        if kind == "space":
            continue
        operand = kind != "sign" or said in (")", "]", "}")
        yield ('"' if kind in ("text", "number", "regex") else said), at


def _assigned(text: str) -> set[str]:
    """Variables the expression makes itself: assigned, bound in a path, or a parameter."""
    found, before, parameters = set(), "", False
    words = [word for word, _ in _words(text)]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "(" and before in ("function", "λ"):
            parameters = True
        elif word == ")":
            parameters = False
        elif word[0] == "$" and (parameters or following == ":=" or before in ("#", "@")):
            found.add(word[1:])
        before = word
    return found


def _position(text: str, message: str) -> int:
    """Where the error is: the end of the shortest beginning that fails in the same way."""
    for end in range(1, len(text)):
        try:
            jsonatapy.compile(text[:end])
        except ValueError as error:
            if str(error) == message:
                return end
    return len(text)


def _plain(message: str) -> str:
    """'S0207: Unexpected end of expression' of a longer message."""
    return message.removeprefix("Parse error: ").removeprefix("Invalid syntax: ")
