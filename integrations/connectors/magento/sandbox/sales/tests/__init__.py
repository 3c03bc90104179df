"""Tests of the sandbox's sales."""

from __future__ import annotations
