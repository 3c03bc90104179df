"""A Magento 2 shop of our own: its REST API with both ways of signing, over state in memory."""

from __future__ import annotations
