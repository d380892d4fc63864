"""Add receipts of results."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("query", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("today", sa.String(length=10), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=True),
        sa.Column("model_digest", sa.String(length=64), nullable=False),
        sa.Column("definitions", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("attributes", sa.String(length=64), nullable=False),
        sa.Column("data_version", sa.Text(), nullable=True),
        sa.Column("sql_digest", sa.String(length=64), nullable=False),
        sa.Column("rows_digest", sa.String(length=64), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("surface", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_receipts"),
    )
    op.create_index("ix_receipts_at", "receipts", ["at"], unique=False)
    op.create_index("ix_receipts_subject", "receipts", ["subject"], unique=False)


def downgrade() -> None:
    op.drop_table("receipts")
