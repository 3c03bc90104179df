"""Addresses of what is stuck, and of what a person does about it."""

from __future__ import annotations

from django.urls import path

from clarity.web.incidents import actions, fixes, listing, one, record_actions

urlpatterns = [
    path("incidents/", listing.incidents, name="incidents"),
    path("incidents/<int:incident_id>/", one.incident, name="incident"),
    path("incidents/<int:incident_id>/now/", one.now, name="incident-now"),
    path("incidents/<int:incident_id>/records/", one.records, name="incident-records"),
    path("incidents/<int:incident_id>/replay/", actions.replay_group, name="incident-replay"),
    path("incidents/<int:incident_id>/stop/", actions.stop_group, name="incident-stop"),
    path("incidents/<int:incident_id>/discard/", actions.discard_them, name="incident-discard"),
    path("incidents/<int:incident_id>/entry/", fixes.entry, name="incident-entry"),
    path("incidents/<int:incident_id>/article/", fixes.article, name="incident-article"),
    path("records/<int:item_id>/customer/", fixes.customer, name="record-customer"),
    path("records/<int:item_id>/edit/", record_actions.edit_record, name="record-edit"),
    path("records/<int:item_id>/discard/", record_actions.discard_record, name="record-discard"),
]
