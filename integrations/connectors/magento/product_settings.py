"""What the owner of a shop lets the point of sale do to its products."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.connector_kit.base import Account

ENABLED, DISABLED = 1, 2

# Our word in the settings -> Magento's, for the state a new product gets.
_NEW = {"draft": DISABLED, "active": ENABLED, "none": None}


@dataclass(frozen=True)
class Policy:
    """`new_status`: state of a product made here, None when none may be made.

    `keeps_texts`: name, description and attributes are written once, then left alone.
    `keeps_prices`: the same for price, special price, cost and weight. `disables`: an article that
    is no longer active is disabled there. `attribute_set`: name or id, "" for the usual one.
    """

    new_status: int | None
    keeps_texts: bool
    keeps_prices: bool
    disables: bool
    makes_again: bool
    attribute_set: str

    @property
    def makes(self) -> bool:
        return self.new_status is not None


def policy_of(account: Account) -> Policy:
    """The settings of the account, each as cautious as it can be when it is not set."""
    return Policy(
        new_status=_NEW.get(account.setting("new_products", "draft"), DISABLED),
        keeps_texts=account.setting("product_texts", "when_created") != "always",
        keeps_prices=account.setting("product_prices", "always") == "when_created",
        disables=account.setting("inactive_products", "leave") == "disable",
        makes_again=account.setting("deleted_products", "leave") == "make_again",
        attribute_set=account.setting("attribute_set"),
    )
