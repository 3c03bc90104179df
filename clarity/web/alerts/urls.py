"""Addresses of alert channels. Mounted below a tenant's settings; `public` at the top."""

from __future__ import annotations

from django.urls import path

from clarity.web.alerts import actions, channels, invited, listing
from integrations.models import ChannelKind

urlpatterns = [
    path("settings/alerts/", listing.alerts, name="alerts"),
    path("settings/alerts/messages/", listing.messages_sent, name="alert-messages"),
    path("settings/alerts/digest/", listing.digest, name="alert-digest"),
    *(
        path(f"settings/alerts/new/{kind}/", channels.new, {"kind": kind.value}, name="alert-new")
        for kind in ChannelKind
    ),
    path("settings/alerts/<uuid:channel_id>/", channels.channel, name="alert-channel"),
    path("settings/alerts/<uuid:channel_id>/test/", actions.test, name="alert-test"),
    path("settings/alerts/<uuid:channel_id>/switch/", actions.switch, name="alert-switch"),
    path("settings/alerts/<uuid:channel_id>/key/", actions.renew_key, name="alert-key"),
    path("settings/alerts/<uuid:channel_id>/delete/", actions.delete, name="alert-delete"),
    path(
        "settings/alerts/<uuid:channel_id>/addresses/<uuid:address_id>/ask/",
        actions.ask_again,
        name="alert-ask",
    ),
]

public = [path("alerts/address/<str:token>/", invited.address, name="alert-address")]
