"""Reads several records of a list by id in one request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from integrations.connectors.heartland.client import PAGE, HeartlandClient, Params, Row, matching


def chunks(keys: Sequence[str]) -> Iterator[list[str]]:
    """The keys in pieces that fit one request."""
    for start in range(0, len(keys), PAGE):
        yield list(keys[start : start + PAGE])


def by_id(
    client: HeartlandClient, path: str, keys: Sequence[str], extra: Params = ()
) -> dict[str, Row]:
    """The rows with these ids; those that are gone, or are no ids at all, are missing."""
    found: dict[str, Row] = {}
    for chunk in chunks([key for key in keys if key.isdecimal()]):
        wanted = {"id": {"$in": [int(key) for key in chunk]}}
        found |= {str(row["id"]): row for row in client.every(path, (matching(wanted), *extra))}
    return found
