"""The navigation of a page, by where the page is."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from clarity.web import navigation

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
    return {"entries": navigation.shown(navigation.SETTINGS, here=_here(context), address=address)}


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
