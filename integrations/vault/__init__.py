"""The vault: envelope encryption of credentials and stored payloads.

A master key (settings) wraps one data key per tenant; the data key seals that tenant's
credentials and payloads. `store` and `sealing` are what others call, `rotation` renews the keys.
"""

from __future__ import annotations
