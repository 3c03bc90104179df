"""Templates of rules: what there are, their versions, and making one of a pair or of what we ship."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.mapping_editor.words import sentence
from clarity.web.staff.bulk import choosing
from clarity.web.staff.gate import staff_page
from integrations.models import Direction, PairTemplate, TemplateVersion
from integrations.services import pair_templates
from integrations.services.pair_templates import BadTemplate, Part
from tenants.models import User
from tenants.services import groups, staff, staff_door
from tenants.services.staff import LONGEST_REASON, May, ReasonNeeded, refuse_unless

ROWS = 50
MOST_ROWS = 200

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@staff_page
@_asks_first
def every(request: HttpRequest, person: User) -> HttpResponse:
    """All templates by name, and a form for a new one."""
    refuse_unless(person, May.ACT)
    error = ""
    if request.method == "POST":
        pos, _, store = request.POST.get("systems", "").partition("/")
        try:
            made = pair_templates.create(
                name=request.POST.get("name", ""),
                pos=pos,
                store=store,
                group=choosing.group_of(request.POST.get("group", "")),
                by=person,
            )
        except BadTemplate as refused:
            error = str(refused)
        else:
            messages.success(request, f"The template {made.name} is there. Choose what it holds.")
            return redirect("admin:template", template_id=made.pk)
    after = request.GET.get("after", "").replace("\x00", "")[:80]
    found = pair_templates.every(after=after, limit=ROWS + 1)
    shown = found[:ROWS]
    context = {
        "here": "bulk",
        "part": "templates",
        "templates": [
            (one, pair_templates.label(one.pos_connector, one.store_connector)) for one in shown
        ],
        "is_first": not after,
        "next": shown[-1].name if len(found) > ROWS else "",
        "systems": [
            (f"{pos}/{store}", pair_templates.label(pos, store))
            for pos, store in pair_templates.systems()
        ],
        "groups": groups.every(limit=choosing.MOST_CHOICES),
        "error": error,
        "sent": request.POST,
        "longest": pair_templates.LONGEST_NAME,
    }
    return render(request, "staff/bulk/templates.html", context, status=422 if error else 200)


@staff_page
@require_safe
def template(request: HttpRequest, person: User, template_id: int) -> HttpResponse:
    """Its versions, what the newest holds, and where the next one comes from."""
    refuse_unless(person, May.ACT)
    found = _template(template_id)
    versions = pair_templates.versions(found)
    context = {
        "here": "bulk",
        "part": "templates",
        "template": found,
        "systems": pair_templates.label(found.pos_connector, found.store_connector),
        "versions": versions,
        "newest": _said(versions[0]) if versions else None,
        "accounts": staff.assigned(person, limit=choosing.MOST_CHOICES),
    }
    return render(request, "staff/bulk/template.html", context)


@staff_page
@_asks_first
def shipped(request: HttpRequest, person: User, template_id: int) -> HttpResponse:
    """A version of the shipped rules."""
    refuse_unless(person, May.ACT)
    found = _template(template_id)
    parts = pair_templates.parts_shipped(found)
    error = ""
    if request.method == "POST":
        try:
            made = _add(request, person, found, parts)
        except BadTemplate as refused:
            error = str(refused)
        else:
            messages.success(request, f"Version {made.number} is there.")
            return redirect("admin:template", template_id=template_id)
    context = {
        "parts": _shown(parts),
        "seen": _seen(parts),
        "source": "",
        "errors": {"parts": error} if error else {},
    }
    return _parts_page(request, found, context)


@staff_page
@require_safe
def lender(request: HttpRequest, person: User, template_id: int) -> HttpResponse:
    """From the account chosen in the form to its page."""
    refuse_unless(person, May.ACT)
    slug = request.GET.get("slug", "").replace("\x00", "").strip().strip("/")
    tenant = staff.assigned_tenant(person, slug) if slug else None
    if tenant is None:
        said = f"You look after no account with the short name {slug[:80] or '(none)'}."
        messages.error(request, said)
        return redirect("admin:template", template_id=_template(template_id).pk)
    return redirect("admin:template-take", template_id=template_id, slug=tenant.slug)


@staff_page
@_asks_first
def take(request: HttpRequest, person: User, template_id: int, slug: str) -> HttpResponse:
    """A version of what a pair of this account has of its own, part by part, for a reason."""
    refuse_unless(person, May.ACT)
    found = _template(template_id)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            with staff_door.acting(
                person,
                slug,
                act="template",
                reason=request.POST.get("reason", ""),
                about=found.name,
            ):
                made = _add(request, person, found, _parts_there(found))
        except ReasonNeeded as refused:
            errors = {"reason": str(refused)}
        except BadTemplate as refused:
            errors = {"parts": str(refused)}
        else:
            messages.success(request, f"Version {made.number} is there.")
            return redirect("admin:template", template_id=template_id)
    with staff_door.looking(person, slug, at="what a template could take") as tenant:
        parts = _parts_there(found)
    context = {
        "parts": _shown(parts),
        "seen": _seen(parts),
        "source": tenant.name,
        "errors": errors,
    }
    return _parts_page(request, found, context)


def _parts_there(found: PairTemplate) -> Sequence[Part]:
    """Of the pair of these systems in scope; of several, the first by name that has most to lend."""
    lent = [pair_templates.parts_of_pair(pair) for pair in pair_templates.pairs_for(found)]
    return max(lent, key=len, default=())


def _add(
    request: HttpRequest, person: User, found: PairTemplate, parts: Sequence[Part]
) -> TemplateVersion:
    if request.POST.get("seen", "") != _seen(parts):
        raise BadTemplate("Something of it was changed meanwhile. Look at it again, then choose.")
    wanted = set(request.POST.getlist("part"))
    return pair_templates.add_version(
        template=found,
        parts=[part for part in parts if part.key in wanted],
        note=request.POST.get("note", ""),
        by=person,
    )


def _seen(parts: Sequence[Part]) -> str:
    """A name of what was shown, so that nothing else is taken."""
    text = json.dumps([[one.key, one.contents] for one in parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _parts_page(request: HttpRequest, found: PairTemplate, context: dict[str, Any]) -> HttpResponse:
    more = {
        **context,
        "here": "bulk",
        "part": "templates",
        "template": found,
        "ticked": set(request.POST.getlist("part")),
        "sent": request.POST,
        "longest": LONGEST_REASON,
        "longest_note": pair_templates.LONGEST_NOTE,
    }
    status = 422 if context["errors"] else 200
    return render(request, "staff/bulk/parts.html", more, status=status)


def _shown(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [{"key": one.key, "title": _title(one), "lines": _lines(one)} for one in parts]


def _title(part: Part) -> str:
    if part.kind == "table":
        entries = "1 entry" if part.size == 1 else f"{part.size:,} entries"
        return f"The table {part.name}, {entries}"
    rules = "1 rule" if part.size == 1 else f"{part.size:,} rules"
    if part.kind == "policies":
        return f"Who wins a field of a {part.name}, {rules}"
    entity, _, direction = part.name.partition(" ")
    entity = entity.replace("_", " ")
    return f"Rules of {entity}, {Direction(direction).label.lower()}, {rules}"


def _lines(part: Part) -> list[tuple[str, str]]:
    """What the part holds, line by line, so that nobody lends what should stay."""
    lines: list[tuple[str, str]] = []
    for row in part.contents.get("rules", ()):
        for change in row["changes"]:
            lines.append((change["target"], _change(row["entity"], change)))
    for table in part.contents.get("tables", {}).values():
        lines += sorted(table["rows"].items())
    for rules in part.contents.get("merge_rules", {}).values():
        lines += [
            ("every other field" if name == "*" else name, rule) for name, rule in rules.items()
        ]
    return lines[:MOST_ROWS]


def _change(entity: str, change: dict[str, Any]) -> str:
    if change.get("shipped"):
        return "as shipped"
    return "no rule" if change.get("removed") else sentence(entity, change["rule"])


def _said(version: TemplateVersion) -> dict[str, Any]:
    """A version's parts, as lists."""
    kept = version.contents
    parts = [
        Part(
            "",
            "rules",
            f"{row['entity']} {row['direction']}",
            len(row["changes"]),
            {"rules": [row]},
        )
        for row in kept["rules"]
    ]
    parts += [
        Part("", "table", name, len(table["rows"]), {"tables": {name: table}})
        for name, table in kept["tables"].items()
    ]
    parts += [
        Part("", "policies", entity, len(rules), {"merge_rules": {entity: rules}})
        for entity, rules in kept["merge_rules"].items()
    ]
    return {"version": version, "parts": _shown(parts)}


def _template(template_id: int) -> PairTemplate:
    rows = PairTemplate.objects.select_related("group")
    found: PairTemplate | None = (
        rows.filter(pk=template_id).first() if template_id < 2**63 else None
    )
    if found is None:
        raise Http404
    return found
