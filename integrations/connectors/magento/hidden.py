"""What is never kept of a call: the code of a gift card is money.

Magento asks for a card by its code in the address, and lists the codes an order was paid with.
"""

from __future__ import annotations

import re

HIDDEN = (
    re.compile(r"/(?:checkGiftCard|giftCards|code)/(?P<hidden>[^/?\s\"]+)"),
    re.compile(r"\"gift_cards\"\s*:\s*\[(?P<hidden>[^\]]+)\]"),
    # The form in which modules send an order: the list as a text of its own.
    re.compile(r"\"gift_cards\"\s*:\s*\"(?P<hidden>(?:[^\"\\]|\\.)+)\""),
)
