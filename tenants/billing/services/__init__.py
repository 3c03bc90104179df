"""What a person, a chore or another package asks billing for.

All but the chores (`renewing.run_due`, `reminding.run_due`) are called inside a tenant's scope, and
all take `now`.
"""

from __future__ import annotations
