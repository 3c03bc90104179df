"""What a request of who acts on a tenant's behalf may do. Below every page: imports none of them."""

from __future__ import annotations
