"""The sandbox's sales: orders from the checkout to the credit memo, as Magento keeps them."""

from __future__ import annotations
