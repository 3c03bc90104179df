"""Shopify's two kinds of id: the number of REST and webhooks, and the global id of GraphQL."""

from __future__ import annotations


def to_gid(kind: str, value: str) -> str:
    """ "gid://shopify/Order/12" for "12"; a value that is a global id already stays as it is."""
    return value if value.startswith("gid://") else f"gid://shopify/{kind}/{value}"


def to_number(value: str) -> str:
    """ "12" for "gid://shopify/Order/12?x=y"; a bare number stays as it is."""
    return value.rpartition("/")[2].partition("?")[0]
