"""The navigation of a page, by where the page is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.template import Context

from clarity.web import navigation
from clarity.web.deputies import limits, session

register = template.Library()


@register.inclusion_tag("parts/tenant_nav.html", takes_context=True)
def tenant_nav(context: Context) -> dict[str, Any]:
    """The parts of the tenant. A page of the settings belongs to "Settings"."""
    here = _here(context)
    entries = navigation.shown(
        navigation.TENANT, here=_section(here), address={"slug": context["tenant"].slug}
    )
    return {"entries": entries}


@register.inclusion_tag("parts/pair_nav.html", takes_context=True)
def pair_nav(context: Context) -> dict[str, Any]:
    """The pages of the pair a page speaks of."""
    address = {"slug": context["tenant"].slug, "pair_id": context["pair"].pk}
    entries = navigation.shown(navigation.PAIR, here=_here(context), address=address)
    return {"entries": entries, "pair": context["pair"]}


@register.inclusion_tag("parts/settings_nav.html", takes_context=True)
def settings_nav(context: Context) -> dict[str, Any]:
    """The pages of the settings."""
    address = {"slug": context["tenant"].slug}
    entries = navigation.shown(_open(context), here=_here(context), address=address)
    return {"entries": entries}


def _open(context: Context) -> Sequence[navigation.Entry]:
    """Without those that stay shut for who acts on the account's behalf."""
    request = context.get("request")
    if request is None or session.held_in(request) is None:
        return navigation.SETTINGS
    return [one for one in navigation.SETTINGS if not limits.is_shut(one.url_name)]


def _here(context: Context) -> str:
    """The name of the page's address, "" for an error page."""
    match = getattr(context.get("request"), "resolver_match", None)
    return (match.url_name if match else "") or ""


def _section(here: str) -> str:
    if navigation.belongs(navigation.SETTINGS, here):
        return "settings"
    if navigation.belongs(navigation.PAIR, here):
        return "pairs"
    return here
