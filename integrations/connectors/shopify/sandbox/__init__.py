"""A stand-in for Shopify: the vendor's protocol over state of its own, in the memory of one process."""

from __future__ import annotations
