"""Inbox, deliveries, attempts and incidents of an account, for whoever looks after it."""

from __future__ import annotations
