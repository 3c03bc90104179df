"""Product descriptions as a shop may show them: plain formatting stays, anything that acts goes.

A description is typed at the till and shown to every buyer, so a script in it would run in their
browsers. Tags that are not known to be harmless are dropped; their text stays.
"""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

_KEPT = frozenset(
    ("a", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4")
    + ("h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub")
    + ("sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul")
)
_EMPTY = frozenset(("br", "hr", "img"))
# With their text: what stands in them is not meant to be read.
_DROPPED = frozenset(("script", "style", "template", "iframe", "object", "noscript"))
_ATTRIBUTES = {
    "a": ("href", "title"),
    "img": ("src", "alt", "width", "height"),
    "td": ("colspan", "rowspan"),
    "th": ("colspan", "rowspan"),
}
_ADDRESSES = ("href", "src")
_SCHEMES = ("http://", "https://", "mailto:", "tel:")


def clean(text: str) -> str:
    """The HTML without scripts, styles, event handlers and odd links; plain text stays as it is."""
    if "<" not in text:
        return text
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    return cleaner.finished()


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._made: list[str] = []
        self._open: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._hidden += 1
        elif tag in _KEPT and not self._hidden:
            self._made.append(f"<{tag}{_attributes(tag, attrs)}>")
            if tag not in _EMPTY:
                self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._hidden = max(0, self._hidden - 1)
        elif tag in self._open and not self._hidden:
            while (last := self._open.pop()) != tag:
                self._made.append(f"</{last}>")
            self._made.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._made.append(escape(data, quote=False))

    def finished(self) -> str:
        return "".join([*self._made, *(f"</{tag}>" for tag in reversed(self._open))])


def _attributes(tag: str, given: list[tuple[str, str | None]]) -> str:
    kept = [
        (name, value)
        for name, value in given
        if value is not None and name in _ATTRIBUTES.get(tag, ()) and _is_harmless(name, value)
    ]
    return "".join(f' {name}="{escape(value)}"' for name, value in kept)


def _is_harmless(name: str, value: str) -> bool:
    return name not in _ADDRESSES or value.strip().lower().startswith(_SCHEMES)
