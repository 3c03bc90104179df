"""To whom people of an account write, as a link where there is an address."""

from __future__ import annotations

import re

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenants import support

register = template.Library()
_ASKED = re.compile(r"\b[Tt]ell us\b")


@register.simple_tag
def support_whom() -> SafeString | str:
    """What stands behind "write to"."""
    address = settings.CLARITY_SUPPORT_EMAIL
    if not address:
        return support.whom()
    return format_html('us at <a href="mailto:{0}">{0}</a>', address)


@register.filter
def and_where(advice: str) -> SafeString | str:
    """Advice, with the address where it asks to be told something: those who give it know no settings."""
    if not _ASKED.search(advice):
        return advice
    return format_html("{} Write to {}.", advice, support_whom())
