"""Which pages of a tenant stay shut for who acts on its behalf."""

from __future__ import annotations

# How the names of the addresses begin. What is about people, keys, money and the data as a whole is
# for the tenant itself, and so is what only its owner could put right again; a name with one of the
# words below is shut as well, so that a new page of that kind is.
_BEGINNINGS = (
    "member",
    "invitation",
    "api-token",
    "billing",
    "data",
    "audit-export",
    "support-access",
    "pair-go-live",
    "pair-remove",
    "pair-delete",
    # Destroys credentials that we could not enter again.
    "connection-disconnect",
    # Shows a signing key.
    "alert-key",
    # A file of a day's payments.
    "payments-table",
)
_WORDS = ("invoice", "price", "export", "erase", "token", "plan-change")

# Pieces of a page that its own scripts ask for; those that only say how far something is end as below.
_PIECES = frozenset(
    {
        "backfill-articles",
        "dashboard-charts",
        "incident-records",
        "live-records",
        "live-stock",
        "mapping-field",
        "start-mapping-preview",
    }
)

REFUSED = (
    "This is for the account itself, not for who acts on its behalf: its people, keys and API tokens,"
    " billing, exports, disconnecting, deleting and erasing. Ask an owner of the account to do it."
)


def is_piece(url_name: str) -> bool:
    """Whether pages ask for it by themselves, so that it is no look of its own."""
    return url_name.endswith("-now") or url_name in _PIECES


def is_shut(url_name: str) -> bool:
    """Whether a page of this name is refused to a deputy."""
    return url_name.startswith(_BEGINNINGS) or any(word in url_name for word in _WORDS)
