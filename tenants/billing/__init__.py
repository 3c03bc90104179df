"""What a tenant pays: plans and prices, the pairs that are billed, and the ledger.

`arithmetic` is plain Python, `models` the rows, `services` what a person or a chore asks for.
Nothing here knows what an integration pair does: it is told a pair's id and name.
"""

from __future__ import annotations
