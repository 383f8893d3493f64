"""Cases that became part of others are still found by their own ids."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("merged_into", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM cases WHERE merged_into IS NOT NULL")
    op.drop_column("cases", "merged_into")
