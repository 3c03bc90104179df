"""Gift card accounts: read and written one by one, where the shop has calls for them.

Adobe Commerce has none of its own. The calls are those of Adobe's Cloud Service (giftcardaccounts), which
a module of the merchant may offer, under whatever path. An account tells no time of change.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from integrations.connector_kit.base import Account, Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.cards import is_card
from integrations.connector_kit.errors import NeedsOwner, Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento.answers import Forbidden, NoRoute, NotFound, Refused
from integrations.connectors.magento.auth import Method
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.gift_card_uses import ending, two_places
from mappings.canonical.gift_card import GiftCard, name_of
from mappings.canonical.record import Skipped

Row = Mapping[str, Any]

USUAL = "giftcardaccounts"
_PAGE = 100
# Magento: 0 available, 1 used, 2 turned into store credit, 3 expired.
_GONE = frozenset({2, 3})
_LEFT = "left"
_ADVICE = (
    "Adobe Commerce has no calls for gift card accounts. A module can bring them: enter its path in the"
    " settings of the Magento connection. Else set gift cards to store_to_pos there."
)


def normalise(payload: Payload, account: Account) -> GiftCard:
    """Their account as ours. Raises Skipped for a code that could be the number of a payment card."""
    code = payload.text("code")
    last = ending(code)
    if is_card(code):
        raise Skipped(
            f"The code ending {last} has the form of a payment card number, which is never kept"
        )
    return GiftCard(
        key=payload.text("account_id"),
        number=name_of(last),
        code=code,
        last_characters=last,
        balance=two_places(payload.decimal("balance")),
        currency=payload.text("currency"),
        is_active=payload.integer("status") == 1 and payload.maybe_integer("state") not in _GONE,
    )


# --- calls -----------------------------------------------------------------------------------------


def _send(client: StoreClient, method: Method, path: str, **given: Any) -> Any:
    """Without its bodies in what is kept. Where the shop lacks the calls, the card is held, and the
    orders of the shop go on."""
    base = client.account.setting("gift_card_accounts", USUAL).strip("/")
    address = f"{base}/{path}" if path else base
    try:
        return client.send(method, address, about="gift_cards", secret=True, **given)
    except (NoRoute, Forbidden) as error:
        raise Rejected(
            str(error), field="gift_cards", said=f"{method} {base}", advice=_ADVICE
        ) from None


def page(client: StoreClient, criteria: Criteria) -> tuple[list[Row], int]:
    """The accounts of one page, and how many there are in all."""
    body = _send(client, "GET", "", params=criteria.params())
    rows = [with_currency(client, row) for row in body.get("items") or ()]
    return rows, int(body.get("total_count") or len(rows))


def after(client: StoreClient, last: int, *, size: int = _PAGE) -> tuple[list[Row], int]:
    """Accounts with a higher id, lowest first."""
    criteria = Criteria(
        filters=(where("account_id", str(last), "gt"),),
        sort=(("account_id", "ASC"),),
        size=min(size, client.page_limit),
    )
    return page(client, criteria)


def newest_id(client: StoreClient) -> int:
    rows, _ = page(client, Criteria(sort=(("account_id", "DESC"),), size=1))
    return int(rows[0]["account_id"]) if rows else 0


def one(client: StoreClient, key: str) -> Row | None:
    return _found(client, key) if key.isdecimal() else None


def by_code(client: StoreClient, code: str) -> Row | None:
    return _found(client, f"code/{quote(code, safe='')}")


def _found(client: StoreClient, path: str) -> Row | None:
    try:
        return with_currency(client, _send(client, "GET", path))
    except NotFound:
        return None


def with_currency(client: StoreClient, row: Row) -> Row:
    """An account is in the base currency of its website, which it does not name."""
    return {**row, "currency": client.shape.base_currency}


def why_unavailable(client: StoreClient) -> str:
    """Why accounts cannot be read and written, "" when they can."""
    try:
        page(client, Criteria(sort=(("account_id", "DESC"),), size=1))
    except Rejected as error:
        return str(error)
    except NeedsOwner as error:
        return error.message
    return ""


# --- writing ---------------------------------------------------------------------------------------


def write(client: StoreClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Makes the account with the till's code, or brings its balance up to date.

    A balance is set, not added to, so a repeated write does no harm. Raises Rejected with both
    balances when both sides changed it.
    """
    fields = Payload(outgoing.fields)
    if outgoing.linked_id:
        there = one(client, outgoing.linked_id)
        if there is None:
            raise Rejected(
                f"The gift card ending {fields.maybe_text('last_characters')} is not in Magento.",
                field="key",
                said=outgoing.linked_id,
                advice="It was removed there. Dismiss this record, or make the card by hand.",
            )
        return _bring_up(client, outgoing, there, save)
    code = fields.maybe_text("code")
    if not code:
        raise Skipped("The till hides the code of the card")
    there = by_code(client, code)
    if there is None:
        return _make(client, outgoing, save)
    return _bring_up(client, outgoing, there, save)


def _make(client: StoreClient, outgoing: Outgoing, save: Save) -> Receipt:
    fields = Payload(outgoing.over(None))
    code, balance = fields.text("code"), two_places(fields.decimal("balance"))
    _check_currency(client, fields)
    if balance <= 0:
        raise Skipped("There is nothing left on the card")
    save(_LEFT, str(balance))
    account = {"code": code, "balance": balance, "status": 1, "state": 0, "is_redeemable": 1}
    try:
        made = _send(client, "POST", "", body={"giftcardAccount": account})
    except Refused as error:
        # 409: it was made by an earlier attempt whose answer was lost, or by somebody else.
        there = by_code(client, code) if error.status == 409 else None
        if there is None:
            raise
        return _bring_up(client, outgoing, there, save)
    return _receipt(with_currency(client, made), Outcome.CREATED)


def _bring_up(client: StoreClient, outgoing: Outgoing, there: Row, save: Save) -> Receipt:
    merged = outgoing.merge(there)
    fields = Payload(outgoing.fields if merged is None else merged)
    found = fields.maybe_decimal("balance")
    now = _balance(there)
    wanted = now if found is None else two_places(found)
    if wanted == now:
        return _receipt(there, Outcome.UNCHANGED)
    if merged is None:
        _check_untouched(outgoing, there, wanted)
    save(_LEFT, str(wanted))
    save("before", str(now))
    body = {"giftcardAccount": {"balance": wanted}}
    answer = _send(client, "PUT", str(there["account_id"]), body=body)
    return _receipt(with_currency(client, answer), Outcome.UPDATED)


def _check_untouched(outgoing: Outgoing, there: Row, wanted: Decimal) -> None:
    """One way only: what was spent in the shop must not be given back by the till's balance.

    The balance we left there, and the one before where our call may not have arrived, are known from
    the last write of this card.
    """
    known = {str(outgoing.progress.get(name, "")) for name in (_LEFT, "before")}
    if str(_balance(there)) not in known:
        last = ending(str(there["code"]))
        raise Rejected(
            f"The gift card ending {last} was used in the shop as well: it has {_balance(there)} there"
            f" and {wanted} at the till.",
            field="balance",
            said=f"till {wanted}, Magento {_balance(there)}",
            advice="Make both balances equal by hand, then replay. With gift cards in both directions"
            " this is done by itself.",
        )


def _check_currency(client: StoreClient, fields: Payload) -> None:
    here, there = client.shape.base_currency, fields.maybe_text("currency") or ""
    if here and there and here != there:
        raise Rejected(
            f"The card is in {there}, and gift cards of the shop are in {here}",
            field="currency",
            said=there,
            advice="Gift cards can be shared where both sides sell in one currency. Switch them off in"
            " the settings of the Magento connection.",
        )


def _balance(row: Row) -> Decimal:
    return two_places(Decimal(str(row["balance"])))


def _receipt(row: Row, outcome: Outcome) -> Receipt:
    label = name_of(ending(str(row["code"])))
    return Receipt(str(row["account_id"]), outcome, label=label, shown=row)
