"""Addresses of an account's records and incidents, and of the search over all accounts."""

from __future__ import annotations

from django.urls import path

from clarity.web.staff.records import (
    find,
    incident_acts,
    incidents,
    lists,
    record,
    record_acts,
    search,
)

_ACCOUNT = "accounts/<slug:slug>"
_INCIDENT = f"{_ACCOUNT}/incidents/<int:incident_id>"
_RECORD = f"{_ACCOUNT}/records/<int:item_id>"

urlpatterns = [
    path("find/", find.find, name="find"),
    path(f"{_ACCOUNT}/inbox/", lists.inbox, name="account-inbox"),
    path(f"{_ACCOUNT}/deliveries/", lists.deliveries, name="account-deliveries"),
    path(f"{_ACCOUNT}/attempts/", lists.attempts, name="account-attempts"),
    path(f"{_ACCOUNT}/search/", search.search, name="account-search"),
    path(f"{_RECORD}/", record.record, name="account-record"),
    path(f"{_RECORD}/documents/", record.open_documents, name="account-documents"),
    path(f"{_RECORD}/replay/", record_acts.replay_one, name="account-record-replay"),
    path(f"{_RECORD}/discard/", record_acts.discard_one, name="account-record-discard"),
    path(f"{_ACCOUNT}/incidents/", incidents.incidents, name="account-incidents"),
    path(f"{_INCIDENT}/", incidents.incident, name="account-incident"),
    path(f"{_INCIDENT}/now/", incidents.now, name="account-incident-now"),
    path(f"{_INCIDENT}/replay-all/", incident_acts.replay_all, name="account-incident-replay"),
    path(f"{_INCIDENT}/stop/", incident_acts.stop, name="account-incident-stop"),
    path(f"{_INCIDENT}/discard/", incident_acts.discard_all, name="account-incident-discard"),
]
