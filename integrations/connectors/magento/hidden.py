"""What is never kept of a call: the code of a gift card is money, and card data is nobody's here.

Magento asks for a gift card by its code in the address, and lists the codes an order was paid with.
The payment of an order shows what its gateway notes: encrypted card numbers, answers to verification,
bank accounts, tokens. Which card it was (its brand and last four digits) may be known.
"""

from __future__ import annotations

import re

# The texts of a list from within the first to within the last, so that what stays is a list still;
# or to the end, where a long body was cut.
_TEXT = r"(?:[^\"\\]|\\.)*"
_TEXTS = rf"(?P<hidden>{_TEXT}(?:\"[^\"\[\]]*\"{_TEXT})*)"
_END = r"(?:\"[^\"\[\]]*\]|\\?\Z)"

HIDDEN = (
    re.compile(r"/(?:checkGiftCard|giftCards|code)/(?P<hidden>[^/?\s\"]+)"),
    re.compile(r"\"gift_cards\"\s*:\s*\[(?P<hidden>[^\]]+)\]"),
    # The form in which modules send an order: the list as a text of its own.
    re.compile(r"\"gift_cards\"\s*:\s*\"(?P<hidden>(?:[^\"\\]|\\.)+)\""),
    re.compile(
        r"\"(?:cc_(?!type\"|last_?4\")\w+|echeck_\w+|account_status|additional_data)\"\s*:\s*"
        r"\"(?P<hidden>(?:[^\"\\]|\\.)+)\""
    ),
    re.compile(rf"\"additional_information\"\s*:\s*\[[^\"\[\]]*\"{_TEXTS}{_END}"),
    # A list of {"key": "...", "value": "..."}.
    re.compile(rf"\"payment_additional_info\"\s*:\s*\[\s*\{{\s*\"\w+\"\s*:\s*\"{_TEXTS}{_END}"),
)
