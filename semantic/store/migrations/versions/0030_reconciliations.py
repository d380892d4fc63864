"""Add reconciliations with platforms' totals, and their results."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("metric", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("removed_at", Instant(timezone=True), nullable=True),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliations"),
    )
    op.create_index("ix_reconciliations_owner", "reconciliations", ["owner"], unique=False)
    op.create_index("ix_reconciliations_metric", "reconciliations", ["metric"], unique=False)
    op.create_table(
        "reconciliation_results",
        sa.Column("reconciliation", sa.String(length=32), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("compared_by", sa.String(length=32), nullable=False),
        sa.Column("compared_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reconciliation", "month", name="pk_reconciliation_results"),
    )


def downgrade() -> None:
    op.drop_table("reconciliation_results")
    op.drop_table("reconciliations")
