"""The tables of the truth, in SQL that SQLite and PostgreSQL both speak.

Tables change only through a revision under ``migrations/versions``; a test compares the two.
Identifiers are text made by us; times are aware and in UTC.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware time. SQLite keeps no zone, so it is stored in UTC and given back as UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        stored = value if value.tzinfo is UTC else value.astimezone(UTC)
        return stored.replace(tzinfo=None) if dialect.name == "sqlite" else stored

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def plain(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """The column as the driver reads it, without the work of its type: see ``time_of``."""
    if isinstance(column.type, UtcDateTime | sa.JSON):
        return sa.type_coerce(column, sa.types.NullType()).label(column.name)
    return column


def time_of(value: str | datetime) -> datetime:
    """A plain time: text in UTC from SQLite, aware from PostgreSQL."""
    if isinstance(value, str):
        return datetime.fromisoformat(f"{value}Z")
    return value.astimezone(UTC)


METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

PROJECTS = sa.Table(
    "projects",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("keep_media", sa.Boolean, nullable=False, server_default=sa.true()),
)

KEYS = sa.Table(
    "keys",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("project_id", sa.ForeignKey("projects.id"), nullable=False, index=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("label", sa.String(200), nullable=False),
    sa.Column("hint", sa.String(40), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime),
    sa.Column("revoked_at", UtcDateTime),
)
"""``secret_hash`` is the SHA-256 of the secret in hexadecimal."""

BANKS = sa.Table(
    "banks",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("project_id", sa.ForeignKey("projects.id"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("cuts", sa.JSON, nullable=False),
    sa.Column("policy", sa.JSON, nullable=False),
    sa.Column("trust", sa.Float, nullable=False),
    sa.Column("retention_s", sa.Float),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("deleted_at", UtcDateTime),
    sa.UniqueConstraint("project_id", "name"),
    sqlite_autoincrement=True,
)
"""``size`` counts references. A bank that was deleted keeps its row, under a name that nobody can
choose, until the last of its references is swept."""

LOGS = sa.Table(
    "logs",
    METADATA,
    sa.Column("project_id", sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
)
"""The last change and the last reference of a project. A writer locks its row first, so positions
become visible in their order."""

REFERENCES = sa.Table(
    "bank_references",
    METADATA,
    sa.Column("project_id", sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("bank_number", sa.ForeignKey("banks.number"), nullable=False),
    sa.Column("identity", sa.LargeBinary, nullable=False),
    sa.Column("medium", sa.String(8)),
    sa.Column("duration", sa.Float),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("provenance", sa.JSON, nullable=False),
    sa.Column("disabled_until", UtcDateTime),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("change", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("bank_number", "identity"),
    sa.Index("ix_bank_references_bank_number_number", "bank_number", "number"),
    sqlite_with_rowid=False,
)
sa.Index(
    "ix_bank_references_expires_at",
    REFERENCES.c.expires_at,
    sqlite_where=REFERENCES.c.expires_at.is_not(None),
    postgresql_where=REFERENCES.c.expires_at.is_not(None),
)
"""``identity`` as ``rows.identity_code`` makes it."""

LABELS = sa.Table(
    "reference_labels",
    METADATA,
    sa.Column("bank_number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("label", sa.String(200), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("project_id", sa.String(16), nullable=False),
    sa.Index("ix_reference_labels_project_id_number", "project_id", "number"),
    sqlite_with_rowid=False,
)
"""By bank: so a page of a list costs the same whatever other banks hold, the deleted ones too."""

HASHES = sa.Table(
    "reference_hashes",
    METADATA,
    sa.Column("project_id", sa.String(16), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("code", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
IS_EXACT = HASHES.c.kind != sa.literal_column("'pdq'")
"""PDQ is looked for in the index, where near is enough. A query that is to use the SQL index of
exact hashes says this in these words: a parameter would not tell the planner."""

sa.Index(
    "ix_reference_hashes_project_id_code",
    HASHES.c.project_id,
    HASHES.c.code,
    sqlite_where=IS_EXACT,
    postgresql_where=IS_EXACT,
)

CONTENTS = sa.Table(
    "contents",
    METADATA,
    sa.Column("project_id", sa.String(16), primary_key=True),
    sa.Column("identity", sa.LargeBinary, primary_key=True),
    sa.Column("blob", sa.String(200), nullable=False),
    sa.Column("holders", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Where the fingerprint of a medium lies; banks of one project share it. ``holders`` counts the
references that do."""

ORPHANS = sa.Table(
    "orphans",
    METADATA,
    sa.Column("blob", sa.String(200), primary_key=True),
    sa.Column("due_at", UtcDateTime, nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""Blobs that nothing names yet or any more, to be removed when they are due."""

CHANGES = sa.Table(
    "changes",
    METADATA,
    sa.Column("project_id", sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("bank_number", sa.Integer),
    sa.Column("at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

JOBS = sa.Table(
    "jobs",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("project_id", sa.ForeignKey("projects.id"), nullable=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("result", sa.JSON),
    sa.Column("error", sa.Text),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("known", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(64)),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("digest", sa.String(64)),
    sa.Index("ix_jobs_project_id_created_at_id", "project_id", "created_at", "id"),
    sa.Index("ix_jobs_project_id_digest", "project_id", "digest"),
    sa.Index("ix_jobs_state_created_at", "state", "created_at"),
)
"""``digest`` is equal for jobs that were asked for in the same words."""

JOB_ITEMS = sa.Table(
    "job_items",
    METADATA,
    sa.Column("job_id", sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("given", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reference_id", sa.String(32)),
    sa.Column("error_code", sa.String(40)),
    sa.Column("error_detail", sa.Text),
    sa.Index("ix_job_items_job_id_state_number", "job_id", "state", "number"),
)

SCORES = sa.Table(
    "scores",
    METADATA,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("project_id", sa.String(16), nullable=False),
    sa.Column("bank_id", sa.String(32), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("query_sha256", sa.String(64), nullable=False),
    sa.Column("reference_id", sa.String(32), nullable=False),
    sa.Column("regime", sa.String(24), nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Index("ix_scores_project_id_bank_id_at", "project_id", "bank_id", "at"),
)

USAGE = sa.Table(
    "usage",
    METADATA,
    sa.Column("project_id", sa.String(16), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("caller_id", sa.String(32), primary_key=True),
    sa.Column("use", sa.String(16), primary_key=True),
    sa.Column("calls", sa.BigInteger, nullable=False),
    sa.Column("failed", sa.BigInteger, nullable=False),
    sa.Column("looked", sa.BigInteger, nullable=False),
    sa.Column("matched", sa.BigInteger, nullable=False),
    sa.Column("media_ms", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""What callers spent on days of UTC."""
