"""Exports: made by a chore, a piece at a time, kept sealed for a week, put together on the way out."""

from __future__ import annotations

import io
import logging
import time
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from integrations.models import Export, ExportKind, ExportPart, ExportState
from integrations.services import export_files
from integrations.services.hurrying import hurry
from integrations.sync import pipeline
from integrations.sync.sessions import open_bytes, seal_written
from tenants import scope
from tenants.models import User
from tenants.services import audit

log = logging.getLogger(__name__)

CHORE = "exports"
KEPT = timedelta(days=7)
# A worker is ended that takes too long; what is left is done in the next turn.
_FOR = timedelta(seconds=20)
_MOST_FAILURES = 5
_README = "README.txt"


class CannotExport(ValueError):
    """There is nothing to do or to download; the message says why."""


def start(*, actor: User | None, now: datetime) -> Export:
    """Has everything of the account put together; the same one is answered while one is made.

    Call inside the tenant's scope.
    """
    known: Export | None = Export.objects.filter(
        state=ExportState.RUNNING, kind=ExportKind.ACCOUNT
    ).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            made: Export = Export.objects.create(started_by=actor, started_at=now)
    except IntegrityError:
        found: Export = Export.objects.get(state=ExportState.RUNNING, kind=ExportKind.ACCOUNT)
        return found
    audit.record(action="export.started", object_type="Export", object_id=made.pk, actor=actor)
    hurry(CHORE, now=now)
    return made


def latest(limit: int = 10) -> Sequence[Export]:
    """The newest exports of the whole account. Call inside the tenant's scope."""
    rows = (
        Export.objects.filter(kind=ExportKind.ACCOUNT)
        .select_related("started_by")
        .order_by("-started_at", "-pk")
    )
    return list(rows[:limit])


def progress(export: Export) -> tuple[int, int]:
    """How many of how many files are made."""
    return export.section, len(export_files.sections(export.tenant_id))


def run_due(now: datetime) -> None:
    """Goes on with every export, for a while, and drops those whose time is up.

    Call outside any scope.
    """
    _drop_old(now)
    with scope.door("find exports to be made"):
        due = list(
            Export.objects.filter(
                state=ExportState.RUNNING,
                kind=ExportKind.ACCOUNT,
                tenant__erasing_since__isnull=True,
            )
            .order_by("started_at", "pk")
            .values_list("tenant_id", "pk")
        )
    until = time.monotonic() + _FOR.total_seconds()
    for tenant_id, export_id in due:
        if time.monotonic() > until:
            return
        step = partial(_make, tenant_id, export_id, until=until, now=now)
        if not pipeline.survives(f"export {export_id}", step):
            _count_failure(tenant_id, export_id)


def _make(tenant_id: UUID, export_id: UUID, *, until: float, now: datetime) -> None:
    files = export_files.sections(tenant_id)
    while time.monotonic() < until:
        with scope.tenant(tenant_id):
            export = Export.objects.select_for_update().get(pk=export_id)
            if export.state != ExportState.RUNNING:
                return
            if export.section >= len(files):
                text = export_files.readme((one.file, one.about) for one in files)
                keep(export, _README, text)
                finish(export, now=now)
                return
            section = files[export.section]
            piece = section.read(export.cursor)
            keep(export, section.file, "".join(piece.lines), rows=len(piece.lines))
            export.cursor = piece.cursor if piece.more else 0
            export.section += 0 if piece.more else 1
            export.save(update_fields=["cursor", "section"])


def keep(export: Export, file: str, text: str, *, rows: int = 0) -> None:
    """Adds a piece to a file of the export. Call inside the tenant's scope."""
    if not text:
        return
    number = ExportPart.objects.filter(export=export, file=file).count()
    sealed = seal_written(export.tenant_id, _context(export.pk, file, number), text.encode())
    ExportPart.objects.create(export=export, file=file, number=number, sealed=sealed)
    Export.objects.filter(pk=export.pk).update(
        rows=F("rows") + rows, bytes=F("bytes") + len(text.encode()), failures=0
    )


def finish(export: Export, *, now: datetime) -> None:
    """The export can be downloaded from now on, for a week. Call inside the tenant's scope."""
    Export.objects.filter(pk=export.pk).update(
        state=ExportState.DONE, finished_at=now, expires_at=now + KEPT
    )


def _count_failure(tenant_id: UUID, export_id: UUID) -> None:
    with scope.tenant(tenant_id):
        mine = Export.objects.filter(pk=export_id, state=ExportState.RUNNING)
        mine.update(failures=F("failures") + 1)
        mine.filter(failures__gte=_MOST_FAILURES).update(
            state=ExportState.FAILED,
            problem="An error of ours stopped it; we have been told. Start it again.",
        )


def download(
    *, tenant_id: UUID, export_id: UUID, actor: User | None, now: datetime
) -> Iterator[bytes]:
    """The archive, piece by piece; writes down who took it. Call outside any scope.

    Raises CannotExport, Export.DoesNotExist.
    """
    with scope.tenant(tenant_id):
        export = Export.objects.get(pk=export_id)
        if export.state != ExportState.DONE or (export.expires_at and export.expires_at < now):
            raise CannotExport("This export is not kept any more. Start a new one.")
        audit.record(
            action="export.downloaded", object_type="Export", object_id=export_id, actor=actor
        )
        rows = ExportPart.objects.filter(export=export).order_by("file", "number")
        parts = list(rows.values_list("pk", "file", "number"))
    return _zipped(tenant_id, export_id, parts)


class _Outbox(io.RawIOBase):
    """Where the archive is written to; what was written is taken away again and again."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken


def _zipped(
    tenant_id: UUID, export_id: UUID, parts: Sequence[tuple[int, str, int]]
) -> Iterator[bytes]:
    outbox = _Outbox()
    by_file: dict[str, list[tuple[int, int]]] = {}
    for pk, file, number in parts:
        by_file.setdefault(file, []).append((pk, number))
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, pieces in by_file.items():
            with archive.open(file, "w", force_zip64=True) as entry:
                for pk, number in pieces:
                    entry.write(_opened(tenant_id, export_id, pk, file, number))
                    yield outbox.take()
    yield outbox.take()


def _opened(tenant_id: UUID, export_id: UUID, pk: int, file: str, number: int) -> bytes:
    with scope.tenant(tenant_id):
        sealed = ExportPart.objects.values_list("sealed", flat=True).get(pk=pk)
    return open_bytes(tenant_id, _context(export_id, file, number), bytes(sealed))


def _context(export_id: UUID, file: str, number: int) -> str:
    return f"export/{export_id}/{file}/{number}"


def _drop_old(now: datetime) -> None:
    with scope.door("drop old exports"):
        old = list(
            Export.objects.filter(state=ExportState.DONE, expires_at__lt=now)
            .order_by("pk")
            .values_list("tenant_id", "pk")
        )
    for tenant_id, export_id in old:
        with scope.tenant(tenant_id):
            ExportPart.objects.filter(export_id=export_id).delete()
            Export.objects.filter(pk=export_id).update(state=ExportState.EXPIRED)
