"""Links the articles of both sides by SKU while a backfill reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from integrations.connector_kit.base import Listed, Notice
from integrations.connector_kit.errors import Rejected, Unsupported
from integrations.models import ArticleSide, Backfill, BackfillArticle, Direction, Link
from integrations.sync.sessions import Session
from integrations.sync.stages.normalise import normalise
from mappings.canonical.inventory import Stock
from mappings.canonical.record import Entity, InvalidRecord, Skipped

LONGEST_KEY, LONGEST_TITLE, LONGEST_REASON = 191, 200, 200

_LINKING = (Entity.INVENTORY, Entity.PRODUCT)


@dataclass(frozen=True)
class _Article:
    key: str
    sku: str


def remember_target(row: Backfill, listed: Sequence[Listed]) -> None:
    """Keeps a page of the target's articles; one that is kept already stays as it is."""
    BackfillArticle.objects.bulk_create(
        [
            BackfillArticle(
                tenant_id=row.tenant_id,
                backfill=row,
                side=ArticleSide.TARGET,
                key=article.key[:LONGEST_KEY],
                sku=article.sku[:LONGEST_KEY],
                title=article.title[:LONGEST_TITLE],
                reason=article.problem[:LONGEST_REASON],
            )
            for article in listed
        ],
        ignore_conflicts=True,
    )


def matched(
    session: Session, row: Backfill, notices: Sequence[Notice], *, now: datetime
) -> list[Notice]:
    """The notices without those of articles the target has no place for, which are listed.

    An article that is linked already stays linked, whatever its SKU. Call inside a transaction.
    """
    articles = _articles(session, notices)
    linked = _linked(row, [article.key for article in articles])
    there: dict[str, list[BackfillArticle]] = {}
    for found in row.articles.filter(
        side=ArticleSide.TARGET, sku__in={article.sku for article in articles}
    ).order_by("pk"):
        there.setdefault(found.sku, []).append(found)
    taken = _taken(row, [one.key for found in there.values() for one in found])
    new: dict[str, BackfillArticle] = {}
    refused: dict[str, tuple[_Article, str]] = {}
    for article in articles:
        if article.key in linked:
            continue
        partners = there.get(article.sku, [])
        reason = _obstacle(row, partners, taken)
        if reason:
            refused[article.key] = (article, reason)
        else:
            new[article.key] = partners[0]
            taken.add(partners[0].key)
    _link(row, new, now=now)
    _list(row, refused.values())
    passing = {article.sku for article in articles if article.key not in refused}
    row.articles.filter(side=ArticleSide.TARGET, sku__in=passing).update(is_matched=True)
    row.unmatched += len(refused)
    return [notice for notice in notices if notice.key not in refused]


def _articles(session: Session, notices: Iterable[Notice]) -> list[_Article]:
    """Those that keep stock and have a SKU; for any other the pipeline says what is wrong."""
    found = []
    for notice in notices:
        if notice.payload is None:
            continue
        try:
            record = normalise(session, Entity.INVENTORY, notice.payload)
        except (Rejected, InvalidRecord, Skipped, Unsupported):
            continue
        if isinstance(record, Stock) and record.tracks_stock and record.sku:
            found.append(_Article(record.key, record.sku))
    return found


def _obstacle(row: Backfill, found: Sequence[BackfillArticle], taken: set[str]) -> str:
    """Why the article cannot be linked, "" when it can."""
    shop, till = row.flow.target.name, row.flow.source.name
    if not found:
        return f"No article of {shop} has this SKU"
    if len(found) > 1:
        return f"{len(found)} articles of {shop} have this SKU"
    if found[0].reason:
        return found[0].reason
    return f"Another article of {till} has this SKU" if found[0].key in taken else ""


def _sides(row: Backfill) -> tuple[str, str]:
    """Columns of a link: the source's id, the target's id."""
    to_pos = row.flow.direction == Direction.TO_POS
    return ("store_key", "pos_key") if to_pos else ("pos_key", "store_key")


def _linked(row: Backfill, keys: Sequence[str]) -> set[str]:
    source, _ = _sides(row)
    links = Link.objects.filter(
        pair_id=row.flow.pair_id, entity__in=_LINKING, **{f"{source}__in": keys}
    )
    return set(links.values_list(source, flat=True))


def _taken(row: Backfill, keys: Sequence[str]) -> set[str]:
    _, target = _sides(row)
    links = Link.objects.filter(
        pair_id=row.flow.pair_id, entity=Entity.INVENTORY, **{f"{target}__in": keys}
    )
    return set(links.values_list(target, flat=True))


def _link(row: Backfill, new: Mapping[str, BackfillArticle], *, now: datetime) -> None:
    source, target = _sides(row)
    Link.objects.bulk_create(
        [
            Link(
                tenant_id=row.tenant_id,
                pair_id=row.flow.pair_id,
                entity=Entity.INVENTORY,
                label=there.sku[:120],
                updated_at=now,
                **{source: key, target: there.key},
            )
            for key, there in new.items()
        ],
        # Who linked one of them meanwhile has the last word.
        ignore_conflicts=True,
    )


def _list(row: Backfill, refused: Iterable[tuple[_Article, str]]) -> None:
    BackfillArticle.objects.bulk_create(
        [
            BackfillArticle(
                tenant_id=row.tenant_id,
                backfill=row,
                side=ArticleSide.SOURCE,
                key=article.key[:LONGEST_KEY],
                sku=article.sku[:LONGEST_KEY],
                reason=reason[:LONGEST_REASON],
            )
            for article, reason in refused
        ],
        ignore_conflicts=True,
    )
