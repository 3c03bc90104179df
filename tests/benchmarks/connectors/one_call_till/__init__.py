"""A point of sale that takes a whole order in one call: for benchmarks and fault tests only."""

from __future__ import annotations

from integrations.connectors.one_call_till.connector import CONNECTOR as CONNECTOR
