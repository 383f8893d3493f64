"""Labels by bank, so that lists skip what other banks hold; jobs by what they were asked."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _labels_by_bank()
    op.add_column("jobs", sa.Column("digest", sa.String(64)))
    jobs = sa.table("jobs", *map(sa.column, ("id", "kind", "request", "state", "digest")))
    waiting = sa.select(
        jobs.c.id, jobs.c.kind, sa.type_coerce(jobs.c.request, sa.JSON).label("request")
    ).where(jobs.c.state.in_(["creating", "queued", "running"]))
    for job in op.get_bind().execute(waiting).all():
        asked = json.dumps(job.request, separators=(",", ":"), allow_nan=False, sort_keys=True)
        digest = hashlib.sha256(f"{job.kind} {asked}".encode()).hexdigest()
        op.execute(sa.update(jobs).where(jobs.c.id == job.id).values(digest=digest))
    op.create_index("ix_jobs_project_id_digest", "jobs", ["project_id", "digest"])


def _labels_by_bank() -> None:
    op.create_table(
        "labels_by_bank",
        sa.Column("bank_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("bank_number", "label", "number", name="pk_labels_by_bank"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO labels_by_bank (bank_number, label, number, project_id)"
        " SELECT r.bank_number, l.label, l.number, l.project_id"
        " FROM reference_labels AS l JOIN bank_references AS r"
        " ON r.project_id = l.project_id AND r.number = l.number"
    )
    op.drop_table("reference_labels")
    op.rename_table("labels_by_bank", "reference_labels")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_labels_by_bank RENAME TO pk_reference_labels")
    op.create_index(
        "ix_reference_labels_project_id_number", "reference_labels", ["project_id", "number"]
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_project_id_digest", "jobs")
    op.drop_column("jobs", "digest")
    op.create_table(
        "labels_by_project",
        sa.Column("project_id", sa.String(16), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "label", "number", name="pk_labels_by_project"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO labels_by_project (project_id, label, number)"
        " SELECT project_id, label, number FROM reference_labels"
    )
    op.drop_table("reference_labels")
    op.rename_table("labels_by_project", "reference_labels")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_labels_by_project RENAME TO pk_reference_labels")
    op.create_index(
        "ix_reference_labels_project_id_number", "reference_labels", ["project_id", "number"]
    )
