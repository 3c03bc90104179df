"""The one door to typst: a template of ours and JSON in, a PDF out.

Data reaches the template as one JSON text, never as markup, so no name or address can say anything
to the typesetter. The PDF is tagged, for archives (PDF/A-2a) and for readers by ear (PDF/UA-1).
https://typst.app/docs/reference/pdf/
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typst

log = logging.getLogger(__name__)

_TEMPLATES = Path(__file__).parent
_STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]


def pdf(template: str, data: Mapping[str, Any], *, dated: datetime) -> bytes:
    """The PDF of a template of this folder, by its name. The same data and time give the same bytes.

    Letters that no font has are left blank; then it is a plain PDF, since both standards refuse
    that.
    """
    # Loaded by whoever prints, since it takes much memory.
    import typst

    said = json.dumps(data, ensure_ascii=False)
    try:
        return _made(template, said, dated, _STANDARDS)
    except typst.TypstError:
        log.warning("%s of %s is printed without the standards", template, dated.isoformat())
        return _made(template, said, dated, [])


def _made(template: str, said: str, dated: datetime, standards: list[typst.PDFStandard]) -> bytes:
    import typst

    compiler = typst.Compiler(_source(template), font_paths=_fonts(), sys_inputs={"data": said})
    # It takes whole seconds only.
    second = dated.replace(microsecond=0)
    made = compiler.compile(format="pdf", timestamp=second, pdf_standards=standards)
    if not isinstance(made, bytes):
        raise TypeError("one document was asked for")
    return made


@cache
def _source(template: str) -> bytes:
    return (_TEMPLATES / f"{template}.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """Those of the library; for scripts it has none for, those of the machine."""
    import typst

    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True)
