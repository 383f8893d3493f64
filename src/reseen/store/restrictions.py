"""What was removed at some time, and what decisions did to it, in the database."""

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from reseen.domain.choices import Action
from reseen.domain.media import Medium
from reseen.domain.review import AppealState, ConsequenceKind, ConsequenceState, Verdict
from reseen.domain.statement import Act, Overturned, Restricted
from reseen.store.database import Database
from reseen.store.decisions import decision_of
from reseen.store.review_tables import APPEALS, CONSEQUENCES, DECISIONS, NODES, UPLOADS
from reseen.store.rows import sliced
from reseen.store.uploads import UPLOAD, upload_of

_ON_UPLOADS = CONSEQUENCES.c.kind == ConsequenceKind.ACTION.value


class SqlRestrictions:
    """Implements ``ports.Restrictions``. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, project_id: str, upload_id: str = "", limit: int = 500) -> Sequence[Restricted]:
        removed = (
            sa.select(CONSEQUENCES.c.subject)
            .join(DECISIONS, DECISIONS.c.id == CONSEQUENCES.c.decision_id)
            .where(_ON_UPLOADS, CONSEQUENCES.c.subject == UPLOADS.c.id)
            .where(DECISIONS.c.verdict == Verdict.HARMFUL.value)
        )
        query = (
            UPLOAD.add_columns(NODES.c.medium)
            .where(UPLOADS.c.project_id == project_id, UPLOADS.c.id > upload_id)
            .where(sa.or_(UPLOADS.c.ruled == Action.REMOVE.value, removed.exists()))
            .order_by(UPLOADS.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            ids = [row.id for row in rows]
            acts = _acts(connection, project_id, ids)
            overturned = _overturned(connection, project_id, ids)
        return [
            Restricted(
                upload_of(row),
                None if row.medium is None else Medium(row.medium),
                tuple(acts[row.id]),
                tuple(overturned[row.id]),
            )
            for row in rows
        ]


def _overturned(
    connection: sa.Connection, project_id: str, upload_ids: Sequence[str]
) -> dict[str, list[Overturned]]:
    """Appeals that were granted, against what no decision had removed."""
    found: dict[str, list[Overturned]] = defaultdict(list)
    for some in sliced(upload_ids):
        query = (
            sa.select(APPEALS.c.upload_id, APPEALS.c.answered_at, APPEALS.c.answer)
            .where(APPEALS.c.project_id == project_id, APPEALS.c.upload_id.in_(some))
            .where(APPEALS.c.decision_id == "")
            .where(APPEALS.c.state == AppealState.OVERTURNED.value)
            .order_by(APPEALS.c.answered_at)
        )
        for row in connection.execute(query):
            found[row.upload_id].append(Overturned(row.answered_at, row.answer))
    return found


def _acts(
    connection: sa.Connection, project_id: str, upload_ids: Sequence[str]
) -> dict[str, list[Act]]:
    found: dict[str, list[Act]] = defaultdict(list)
    done = CONSEQUENCES.c
    told = [done.subject, done.number, done.state, done.before, done.at.label("acted_at")]
    for some in sliced(upload_ids):
        query = (
            sa.select(DECISIONS, *(c.label(f"act_{c.name}") for c in told))
            .join(CONSEQUENCES, done.decision_id == DECISIONS.c.id)
            .where(DECISIONS.c.project_id == project_id, _ON_UPLOADS, done.subject.in_(some))
            .order_by(done.at, DECISIONS.c.at, done.number)
        )
        for row in connection.execute(query):
            found[row.act_subject].append(
                Act(
                    decision_of(row),
                    row.act_acted_at,
                    None if row.act_before is None else Action(row.act_before),
                    row.act_state == ConsequenceState.REVERSED.value,
                )
            )
    return found
