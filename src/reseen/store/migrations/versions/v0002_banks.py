"""Banks, references and their change log, jobs, and the scores of past searches."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contents",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("blob", sa.String(length=200), nullable=False),
        sa.Column("holders", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "identity", name="pk_contents"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "orphans",
        sa.Column("blob", sa.String(length=200), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("blob", name="pk_orphans"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_orphans_due_at", "orphans", ["due_at"])
    op.create_table(
        "reference_hashes",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "number", "kind", name="pk_reference_hashes"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_reference_hashes_project_id_code",
        "reference_hashes",
        ["project_id", "code"],
        sqlite_where=sa.text("kind != 'pdq'"),
        postgresql_where=sa.text("kind != 'pdq'"),
    )
    op.create_table(
        "reference_labels",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "label", "number", name="pk_reference_labels"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_reference_labels_project_id_number", "reference_labels", ["project_id", "number"]
    )
    op.create_table(
        "scores",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("bank_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("query_sha256", sa.String(length=64), nullable=False),
        sa.Column("reference_id", sa.String(length=32), nullable=False),
        sa.Column("regime", sa.String(length=24), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_scores"),
    )
    op.create_index("ix_scores_project_id_bank_id_at", "scores", ["project_id", "bank_id", "at"])
    op.create_table(
        "banks",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("cuts", sa.JSON(), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("trust", sa.Float(), nullable=False),
        sa.Column("retention_s", sa.Float()),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_banks_project_id"),
        sa.PrimaryKeyConstraint("number", name="pk_banks"),
        sa.UniqueConstraint("project_id", "name", name="uq_banks_project_id_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "changes",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("bank_number", sa.Integer()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_changes_project_id"),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_changes"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON()),
        sa.Column("error", sa.Text()),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64)),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_jobs_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_project_id_created_at_id", "jobs", ["project_id", "created_at", "id"])
    op.create_index("ix_jobs_state_created_at", "jobs", ["state", "created_at"])
    op.create_table(
        "logs",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_logs_project_id"),
        sa.PrimaryKeyConstraint("project_id", name="pk_logs"),
    )
    op.create_table(
        "bank_references",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bank_number", sa.Integer(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("medium", sa.String(length=8)),
        sa.Column("duration", sa.Float()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.Column("disabled_until", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_number"], ["banks.number"], name="fk_bank_references_bank_number"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_bank_references_project_id"
        ),
        sa.PrimaryKeyConstraint("project_id", "number", name="pk_bank_references"),
        sa.UniqueConstraint(
            "bank_number", "identity", name="uq_bank_references_bank_number_identity"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_bank_references_bank_number_number", "bank_references", ["bank_number", "number"]
    )
    op.create_index(
        "ix_bank_references_expires_at",
        "bank_references",
        ["expires_at"],
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_table(
        "job_items",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reference_id", sa.String(length=32)),
        sa.Column("error_code", sa.String(length=40)),
        sa.Column("error_detail", sa.Text()),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_items_job_id"),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_job_items"),
    )
    op.create_index("ix_job_items_job_id_state_number", "job_items", ["job_id", "state", "number"])


def downgrade() -> None:
    op.drop_table("job_items")
    op.drop_table("bank_references")
    op.drop_table("logs")
    op.drop_table("jobs")
    op.drop_table("changes")
    op.drop_table("banks")
    op.drop_table("scores")
    op.drop_table("reference_labels")
    op.drop_table("reference_hashes")
    op.drop_table("orphans")
    op.drop_table("contents")
