"""What of a description reaches the buyers' browsers."""

from __future__ import annotations

import pytest

from integrations.connector_kit.safe_html import clean


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Plain & simple", "Plain & simple"),
        ("<p>Soft <b>cotton</b>.</p>", "<p>Soft <b>cotton</b>.</p>"),
        ("<p>a<script>alert(1)</script>b</p>", "<p>ab</p>"),
        ("<style>p{}</style><iframe src='x'>y</iframe>z", "z"),
        ('<a href="javascript:x()" title="t">l</a>', '<a title="t">l</a>'),
        (
            '<a href=" HTTPS://example.com/?a=1&amp;b=2">l</a>',
            '<a href=" HTTPS://example.com/?a=1&amp;b=2">l</a>',
        ),
        (
            '<img src="https://example.com/a.jpg" onerror="x()">',
            '<img src="https://example.com/a.jpg">',
        ),
        ("<font color=red>red</font>", "red"),
        ("<ul><li>one<li>two</ul>", "<ul><li>one<li>two</li></li></ul>"),
        ("1 &lt; 2 <br/>", "1 &lt; 2 <br>"),
        ("<b>open", "<b>open</b>"),
        ("</b>closed", "closed"),
        ("a <scr<script>ipt>b", "a ipt&gt;b"),
    ],
)
def test_only_plain_formatting_is_left(given: str, shown: str) -> None:
    assert clean(given) == shown
