"""Counters of calls; uploads by the decision that covers them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("project_id", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("caller_id", sa.String(length=32), nullable=False),
        sa.Column("use", sa.String(length=16), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("looked", sa.BigInteger(), nullable=False),
        sa.Column("matched", sa.BigInteger(), nullable=False),
        sa.Column("media_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "day", "caller_id", "use", name="pk_usage"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_uploads_decision_id",
        "uploads",
        ["decision_id"],
        sqlite_where=sa.text("decision_id IS NOT NULL"),
        postgresql_where=sa.text("decision_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_uploads_decision_id", "uploads")
    op.drop_table("usage")
