"""The tables of moderation: uploads, clusters, cases, decisions, policies, the audit and events.

Contents are named by the number of their reference, as in an index, and outlive it here.
"""

import sqlalchemy as sa

from reseen.store.tables import METADATA, UtcDateTime

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""One that the database gives, ascending."""


def _project() -> sa.Column[str]:
    return sa.Column("project_id", sa.ForeignKey("projects.id"), nullable=False)


UPLOADS = sa.Table(
    "uploads",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    _project(),
    sa.Column("content_id", sa.String(200), nullable=False),
    sa.Column("account_id", sa.String(200), nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("reach", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("content", sa.BigInteger),
    sa.Column("action", sa.String(16)),
    sa.Column("ruled", sa.String(16)),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("decision_id", sa.String(32)),
    sa.Column("media_key", sa.String(200)),
    sa.Column("job_id", sa.String(32)),
    sa.Column("error", sa.JSON),
    sa.Column("late_from", sa.BigInteger),
    sa.UniqueConstraint("project_id", "content_id"),
    sa.Index(
        "ix_uploads_late_from",
        "late_from",
        sqlite_where=sa.text("late_from IS NOT NULL"),
        postgresql_where=sa.text("late_from IS NOT NULL"),
    ),
    sa.Index(
        "ix_uploads_decision_id",
        "decision_id",
        sqlite_where=sa.text("decision_id IS NOT NULL"),
        postgresql_where=sa.text("decision_id IS NOT NULL"),
    ),
    sa.Index("ix_uploads_project_id_received_at_id", "project_id", "received_at", "id"),
    sa.Index("ix_uploads_project_id_content_id", "project_id", "content", "id"),
    sa.Index("ix_uploads_project_id_account_id_id", "project_id", "account_id", "id"),
    sa.Index(
        "ix_uploads_project_id_media_key",
        "project_id",
        "media_key",
        sqlite_where=sa.text("media_key IS NOT NULL"),
        postgresql_where=sa.text("media_key IS NOT NULL"),
    ),
)
"""``content_id`` is the client's name, ``content`` our number."""

NODES = sa.Table(
    "cluster_contents",
    METADATA,
    sa.Column("project_id", sa.String(16), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("medium", sa.String(8)),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("quality", sa.Float, nullable=False),
    sa.Column("shown", sa.Float, nullable=False),
    sa.Column("is_upload", sa.Boolean, nullable=False),
    sa.Column("cluster_id", sa.String(32), nullable=False),
    sa.Column("joined_at", UtcDateTime, nullable=False),
    sa.Index("ix_cluster_contents_cluster_id_number", "cluster_id", "number"),
    sqlite_with_rowid=False,
)

EDGES = sa.Table(
    "cluster_edges",
    METADATA,
    sa.Column("project_id", sa.String(16), primary_key=True),
    sa.Column("one", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("other", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.String(8), primary_key=True),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("one_share", sa.Float, nullable=False),
    sa.Column("other_share", sa.Float, nullable=False),
    sa.Column("is_across", sa.Boolean, nullable=False),
    sa.Index("ix_cluster_edges_project_id_other", "project_id", "other"),
    sqlite_with_rowid=False,
)

PINS = sa.Table(
    "cluster_pins",
    METADATA,
    sa.Column("project_id", sa.String(16), primary_key=True),
    sa.Column("one", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("other", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, primary_key=True),
    sa.Column("wish", sa.String(8), nullable=False),
    sa.Column("by", sa.String(32), nullable=False),
    sa.Index("ix_cluster_pins_project_id_other", "project_id", "other"),
    sa.Index("ix_cluster_pins_project_id_at", "project_id", "at"),
    sqlite_with_rowid=False,
)

CLUSTERS = sa.Table(
    "clusters",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    _project(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("representative", sa.BigInteger, nullable=False),
    sa.Column("members", sa.Integer, nullable=False),
    sa.Column("uploads", sa.Integer, nullable=False),
    sa.Column("accounts", sa.Integer, nullable=False),
    sa.Column("reach", sa.BigInteger, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("last_upload_at", UtcDateTime, nullable=False),
    sa.Column("merged_into", sa.String(32)),
    sa.Column("bursting_since", UtcDateTime),
    sa.Index("ix_clusters_project_id_last_upload_at_id", "project_id", "last_upload_at", "id"),
)

CASES = sa.Table(
    "cases",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    _project(),
    sa.Column("cluster_id", sa.String(32), nullable=False, unique=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("rank", sa.Float, nullable=False),
    sa.Column("severity", sa.Integer, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("two_person", sa.Boolean, nullable=False),
    sa.Column("holder", sa.String(32)),
    sa.Column("held_until", UtcDateTime),
    sa.Column("decision_id", sa.String(32)),
    sa.Column("merged_into", sa.String(32)),
    sa.Index("ix_cases_project_id_state_rank_id", "project_id", "state", "rank", "id"),
)

"""``merged_into`` is the case that it became part of, when their clusters became one: such a row is
nothing but a way from its id to that one."""

DECISIONS = sa.Table(
    "decisions",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    _project(),
    sa.Column("case_id", sa.String(32), nullable=False),
    sa.Column("cluster_id", sa.String(32), nullable=False),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("bank_id", sa.String(32)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("by", sa.String(32), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("approved_by", sa.String(32)),
    sa.Column("ended_by", sa.String(32)),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("end_reason", sa.Text, nullable=False),
    sa.Index("ix_decisions_project_id_at_id", "project_id", "at", "id"),
    sa.Index("ix_decisions_cluster_id_state", "cluster_id", "state"),
)

CONSEQUENCES = sa.Table(
    "consequences",
    METADATA,
    sa.Column("decision_id", sa.ForeignKey("decisions.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("before", sa.String(64)),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index("ix_consequences_subject", "subject"),
    sqlite_with_rowid=False,
)

APPEALS = sa.Table(
    "appeals",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    _project(),
    sa.Column("case_id", sa.String(32), nullable=False),
    sa.Column("upload_id", sa.String(32), nullable=False),
    sa.Column("decision_id", sa.String(32), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("answered_by", sa.String(32)),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Index("ix_appeals_project_id_state_at_id", "project_id", "state", "at", "id"),
    sa.Index("ix_appeals_upload_id", "upload_id"),
    sa.Index("ix_appeals_case_id", "case_id"),
)

POLICIES = sa.Table(
    "policies",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    _project(),
    sa.Column("bank_id", sa.String(32)),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("draft", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(32), nullable=False),
    sa.Column("backtest_id", sa.String(32)),
    sa.Column("live_at", UtcDateTime),
    sa.Index("ix_policies_project_id_bank_id_number", "project_id", "bank_id", "number"),
    sa.Index("ix_policies_project_id_state", "project_id", "state"),
)

QUARANTINES = sa.Table(
    "quarantines",
    METADATA,
    sa.Column("project_id", sa.String(16), primary_key=True),
    sa.Column("reference_id", sa.String(32), primary_key=True),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

HOLDS = sa.Table(
    "legal_holds",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    _project(),
    sa.Column("subject", sa.String(220), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.String(32), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("released_by", sa.String(32)),
    sa.Column("released_at", UtcDateTime),
    sa.Index("ix_legal_holds_project_id_subject", "project_id", "subject"),
)
"""``subject`` is an upload, a cluster or a case, or ``account:`` and the name of one; nothing of it
is deleted while it is held.
"""

AUDIT_HEADS = sa.Table(
    "audit_heads",
    METADATA,
    sa.Column("project_id", sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)
"""The last entry of each project; a writer locks its row first."""

AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("project_id", sa.String(16), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.String(32), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("request_id", sa.String(128), nullable=False),
    sa.Column("what", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("policy_id", sa.String(32)),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("sensitive", sa.Boolean, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("name", sa.String(200)),
    sa.Index("ix_audit_project_id_subject_position", "project_id", "subject", "position"),
    sa.Index("ix_audit_project_id_who_position", "project_id", "who", "position"),
    sqlite_with_rowid=False,
)

EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("number", _NUMBER, primary_key=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    _project(),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("compensates", sa.String(32)),
    sa.Index("ix_events_project_id_number", "project_id", "number"),
    sa.Index("ix_events_at", "at"),
)

ENDPOINTS = sa.Table(
    "webhooks",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    _project(),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("types", sa.JSON, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("secret", sa.String(100), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("removed_at", UtcDateTime),
    sa.Index("ix_webhooks_project_id", "project_id"),
)
"""``secret`` is sealed (``seal``)."""

DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("number", _NUMBER, primary_key=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("project_id", sa.String(16), nullable=False),
    sa.Column("event_id", sa.String(32), nullable=False),
    sa.Column("endpoint_id", sa.ForeignKey("webhooks.id"), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", UtcDateTime),
    sa.Column("owner", sa.String(64)),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("delivered_at", UtcDateTime),
    sa.Column("dead_at", UtcDateTime),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.Text, nullable=False),
    sa.UniqueConstraint("event_id", "endpoint_id"),
    sa.Index("ix_deliveries_endpoint_id_due_at", "endpoint_id", "due_at"),
    sa.Index("ix_deliveries_lease_until", "lease_until"),
    sa.Index("ix_deliveries_project_id_number", "project_id", "number"),
)
