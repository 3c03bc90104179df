"""Tests of the Magento sandbox."""

from __future__ import annotations
