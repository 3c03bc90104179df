"""Root fields by subject. Each module offers QUERIES and MUTATIONS: name -> function."""

from __future__ import annotations
