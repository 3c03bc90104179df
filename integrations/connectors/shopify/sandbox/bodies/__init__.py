"""Webhook bodies, in the shape of the REST API."""

from __future__ import annotations
