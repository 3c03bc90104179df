"""Addresses of the sandbox and of the wizard, below a tenant."""

from __future__ import annotations

from django.urls import path

from clarity.web.onboarding import connect, introducing, sandbox, start, steps, trials

_WAY = "start/<uuid:onboarding_id>/"
_SIDE = f"{_WAY}connect/<slug:side>/"

urlpatterns = [
    path("start/", start.start, name="start"),
    path("start/begin/", start.begin, name="start-begin"),
    path("start/sandbox/", sandbox.make, name="start-sandbox-make"),
    path("start/sandbox/<uuid:pair_id>/", sandbox.watch, name="start-sandbox"),
    path("start/sandbox/<uuid:pair_id>/now/", sandbox.now, name="start-sandbox-now"),
    path("start/sandbox/<uuid:pair_id>/act/", sandbox.act, name="start-sandbox-act"),
    path(_WAY, connect.resume, name="start-step"),
    path(f"{_WAY}systems/", connect.choose, name="start-systems"),
    path(f"{_WAY}connect/", connect.overview, name="start-connect"),
    path(f"{_WAY}connect/<slug:side>/key/", connect.by_key, name="start-connect-key"),
    path(f"{_WAY}connect/<slug:side>/page/", connect.by_page, name="start-connect-page"),
    path(f"{_WAY}connect/<slug:side>/known/", connect.by_known, name="start-connect-known"),
    path(f"{_SIDE}introduce/", introducing.begin, name="start-connect-introduce"),
    path(f"{_SIDE}introduction/", introducing.waiting, name="start-connect-introduction"),
    path(f"{_SIDE}introduction/now/", introducing.now, name="start-connect-introduction-now"),
    path(f"{_SIDE}introduced/", introducing.arrived, name="start-connect-introduced"),
    path(f"{_WAY}places/", steps.places, name="start-places"),
    path(f"{_WAY}preflight/", steps.check, name="start-preflight"),
    path(f"{_WAY}preflight/now/", steps.check_now, name="start-preflight-now"),
    path(f"{_WAY}preflight/run/", steps.check_start, name="start-preflight-run"),
    path(f"{_WAY}flows/", steps.carried, name="start-flows"),
    path(f"{_WAY}mapping/", trials.mapping, name="start-mapping"),
    path(f"{_WAY}mapping/preview/", trials.preview, name="start-mapping-preview"),
    path(f"{_WAY}dry-run/", trials.trial, name="start-dry-run"),
    path(f"{_WAY}dry-run/now/", trials.trial_now, name="start-dry-run-now"),
    path(f"{_WAY}dry-run/run/", trials.trial_start, name="start-dry-run-run"),
    path(f"{_WAY}live/", steps.live, name="start-go-live"),
]
