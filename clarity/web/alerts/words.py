"""Alert channels and their messages in plain words."""

from __future__ import annotations

from clarity.web.activity.words import Badge
from integrations.models import AlertChannel, AlertMessage, ChannelKind, MessageState, Topic
from integrations.services.alert_rules import FAILING_FROM

KINDS = {
    ChannelKind.EMAIL: (
        "E-mail",
        "To the owners, to members you choose, or to an address that agrees.",
    ),
    ChannelKind.SLACK: (
        "Slack or a similar chat",
        "To an incoming webhook of Slack, Mattermost, Rocket.Chat or Discord (with /slack).",
    ),
    ChannelKind.WEBHOOK: (
        "Signed webhook",
        "To a program of yours, as JSON with a signature it can check.",
    ),
}

TOPICS = {
    Topic.RECORDS: (
        "Records are held or given up",
        "An order, a customer or a stock level waits for a person.",
    ),
    Topic.OWNER: (
        "An account must be reconnected",
        "A system does not let us in any more; nothing goes to it until someone reconnects it.",
    ),
    Topic.BOOKS: (
        "Records do not add up or wait too long",
        "Clarity Connect noticed by itself that something is not as it should be.",
    ),
    Topic.STOCK: (
        "The two sides differ",
        "A comparison found numbers that differ between the till and the web store.",
    ),
    Topic.PRIVACY: (
        "Privacy requests",
        "A shopper asked for their data, or to have it erased.",
    ),
}


def state(channel: AlertChannel) -> Badge:
    if not channel.is_on:
        return Badge("Off", "muted", "pause")
    if channel.failures >= FAILING_FROM:
        return Badge("Failing", "red", "alert")
    if channel.failures:
        return Badge("Last try failed", "orange", "alert")
    if channel.last_sent_at:
        return Badge("Works", "green", "check")
    return Badge("Nothing sent yet", "muted", "minus")


def outcome(message: AlertMessage) -> Badge:
    if message.state == MessageState.SENT:
        return Badge("Sent", "green", "check")
    if message.state == MessageState.GIVEN_UP:
        return Badge("Not sent", "red", "cross")
    if message.attempts:
        return Badge("Tried again later", "orange", "again")
    return Badge("On its way", "azure", "clock")


def kind_word(channel: AlertChannel) -> str:
    return KINDS[ChannelKind(channel.kind)][0]


def hears(channel: AlertChannel) -> str:
    """What a channel hears of, in one line."""
    if set(channel.hears) == set(Topic.values):
        said = "Everything that needs a person"
    else:
        said = ", ".join(TOPICS[topic][0] for topic in Topic if topic in channel.hears)
        said = said or "No single incident"
    return f"{said}; daily digest" if channel.has_digest else said
