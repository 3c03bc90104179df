"""States and outcomes of the settings, as a merchant reads them."""

from __future__ import annotations

from clarity.web.activity.words import Badge
from integrations.models import (
    Connection,
    ConnectionState,
    Export,
    ExportState,
    Pair,
    PairState,
    PrivacyKind,
    PrivacyRequest,
    PrivacyState,
)
from integrations.services.connection_settings import Changed

_CONNECTION = {
    ConnectionState.ACTIVE: Badge("Connected", "green", "check"),
    ConnectionState.PAUSED: Badge("Paused", "muted", "pause"),
    ConnectionState.NEEDS_OWNER: Badge("Reconnect needed", "orange", "key"),
    ConnectionState.DISCONNECTED: Badge("Disconnected", "muted", "cross"),
}
_CONNECTION_SAID = {
    ConnectionState.PAUSED: "Nothing is asked of it or written to it until somebody resumes it."
    " What comes meanwhile is kept.",
    ConnectionState.NEEDS_OWNER: "It does not let us in any more. Enter new credentials; what"
    " waited goes on by itself.",
    ConnectionState.DISCONNECTED: "Its credentials were destroyed. Reconnect it to use it again.",
}
_PAIR = {
    PairState.DRAFT: Badge("Draft", "muted", "pen"),
    PairState.TESTING: Badge("Testing", "azure", "play"),
    PairState.LIVE: Badge("Live", "green", "check"),
    PairState.PAUSED: Badge("Paused", "orange", "pause"),
}
_EXPORT = {
    ExportState.RUNNING: Badge("Being made", "azure", "clock"),
    ExportState.DONE: Badge("Ready", "green", "check"),
    ExportState.FAILED: Badge("Stopped", "red", "alert"),
    ExportState.EXPIRED: Badge("Not kept any more", "muted", "minus"),
}
_PRIVACY = {
    PrivacyState.OPEN: Badge("Being carried out", "azure", "clock"),
    PrivacyState.DONE: Badge("Done", "green", "check"),
    PrivacyState.REFUSED: Badge("Not carried out", "muted", "minus"),
}


def connection_badge(connection: Connection) -> Badge:
    return _CONNECTION[ConnectionState(connection.state)]


def connection_said(connection: Connection) -> str:
    """What its state means, "" while all is well."""
    return _CONNECTION_SAID.get(ConnectionState(connection.state), "")


def pair_badge(pair: Pair) -> Badge:
    return _PAIR[PairState(pair.state)]


def export_badge(export: Export) -> Badge:
    return _EXPORT[ExportState(export.state)]


def privacy_badge(request: PrivacyRequest) -> Badge:
    return _PRIVACY[PrivacyState(request.state)]


def settings_saved(changed: Changed) -> str:
    """What saving settings did."""
    if not changed.names:
        return "Nothing was changed."
    if not changed.articles:
        return "Saved."
    articles = "1 article is" if changed.articles == 1 else f"{changed.articles:,} articles are"
    return f"Saved. The stock of {articles} worked out again."


def privacy_said(request: PrivacyRequest) -> str:
    """What became of a privacy request."""
    if request.note:
        return request.note
    if request.state != PrivacyState.DONE:
        if request.left:
            return "Some of the customer's records are still on their way; it goes on after them."
        return "What is stored is being searched."
    if request.kind == PrivacyKind.ERASE_ACCOUNT:
        return "Everything of the shop was erased: records, links, credentials."
    count = int(request.counts.get("records", 0))
    records = "1 record" if count == 1 else f"{count:,} records"
    return f"The contents of {records} were erased. Numbers and sums without a name stay."
