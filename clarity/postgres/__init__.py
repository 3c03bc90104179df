"""The database backend: an own PostgreSQL when none is configured, and the roles it runs as."""

from __future__ import annotations
