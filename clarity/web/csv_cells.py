"""Table files that people download."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.http import HttpResponse, StreamingHttpResponse

from integrations.services.csv_cells import as_csv, safe_cell, safe_row

__all__ = ["as_csv", "csv_download", "csv_stream", "safe_cell", "safe_row"]

_TYPE = "text/csv; charset=utf-8"


def csv_download(text: str, *, name: str) -> HttpResponse:
    """The answer that makes a browser keep `text` as the file `name`; nothing on the way keeps it."""
    return HttpResponse(text, headers=_headers(name))


def csv_stream(lines: Iterable[str], *, name: str) -> StreamingHttpResponse:
    """The same for a table too large to hold at once."""
    pieces: Iterator[bytes] = (line.encode() for line in lines)
    return StreamingHttpResponse(pieces, headers=_headers(name))


def _headers(name: str) -> dict[str, str]:
    plain = "".join(sign for sign in name if sign.isalnum() or sign in "-_.") or "table.csv"
    return {
        "Content-Type": _TYPE,
        "Content-Disposition": f'attachment; filename="{plain}"',
        "Cache-Control": "private, no-store",
    }
