"""The frame of the sandbox's pages: plain HTML that also fits a phone."""

from __future__ import annotations

from markupsafe import Markup
from werkzeug.wrappers import Response

_STYLE = Markup(
    """
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:0 1rem 3rem;
 color:#1d2733;background:#f6f7f9}
h1{font-size:1.35rem}h2{font-size:1.05rem;margin-top:1.1rem}
a{color:#0b57a4}small{color:#5b6776}
section{background:#fff;border:1px solid #dde2e8;border-radius:8px;padding:0 1rem 1rem;
 margin:1rem 0}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #edf0f3;
 vertical-align:top}
th{font-weight:600;white-space:nowrap}td.n,th.n{text-align:right}
td:first-child{min-width:8rem;overflow-wrap:anywhere}
form{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end}
label{display:flex;flex-direction:column;font-size:.85rem;gap:.2rem;min-width:0}
input,select,button{font:inherit;padding:.4rem .5rem;border:1px solid #b8c1cc;border-radius:6px;
 max-width:100%;box-sizing:border-box}
input[type=number]{width:6rem}select{max-width:19rem}
button{background:#0b57a4;color:#fff;border-color:#0b57a4;cursor:pointer}
.said{background:#e6f2e6;border:1px solid #b9d8b9;border-radius:6px;padding:.5rem .8rem}
.tag{display:inline-block;background:#eef1f5;border-radius:4px;padding:0 .4rem;font-size:.85rem}
"""
)
_FRAME = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    "<title>{title}</title><style>{style}</style></head><body><h1>{title}</h1>{said}{body}"
    "</body></html>"
)


def page(title: str, body: Markup, status: int = 200, said: str = "") -> Response:
    """A page; `said` is the message of the step before."""
    note = Markup('<p class="said" role="status">{}</p>').format(said) if said else Markup("")
    text = _FRAME.format(title=title, style=_STYLE, said=note, body=body)
    return Response(text, status, mimetype="text/html")
