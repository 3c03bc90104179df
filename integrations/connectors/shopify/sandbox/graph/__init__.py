"""The GraphQL Admin API: schema, checks, cost and answers."""

from __future__ import annotations
