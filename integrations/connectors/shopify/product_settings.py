"""What the owner of a shop lets the point of sale do to its products."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.connector_kit.base import Account

# Our word in the settings -> Shopify's, for the state a new product gets.
_NEW = {"draft": "DRAFT", "active": "ACTIVE", "none": ""}


@dataclass(frozen=True)
class Policy:
    """`new_status`: state of a product made here, "" when none may be made.

    `keeps_texts`: title, description, vendor, type and tags are written once, then left alone.
    `keeps_prices`: the same for price, compare-at price, cost, barcode and weight.
    """

    new_status: str
    keeps_texts: bool
    keeps_prices: bool
    archives: bool
    makes_again: bool

    @property
    def makes(self) -> bool:
        return bool(self.new_status)


def policy_of(account: Account) -> Policy:
    """The settings of the account, each as cautious as it can be when it is not set."""
    return Policy(
        new_status=_NEW.get(account.setting("new_products", "draft"), "DRAFT"),
        keeps_texts=account.setting("product_texts", "when_created") != "always",
        keeps_prices=account.setting("product_prices", "always") == "when_created",
        archives=account.setting("inactive_products", "leave") == "archive",
        makes_again=account.setting("deleted_products", "leave") == "make_again",
    )
