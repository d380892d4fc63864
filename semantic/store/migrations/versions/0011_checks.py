"""Add the results of data checks."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_runs",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("began_at", Instant(timezone=True), nullable=True),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("leased_until", Instant(timezone=True), nullable=True),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("data_version", sa.Text(), nullable=True),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_check_runs"),
    )
    op.create_table(
        "check_findings",
        sa.Column("id", sa.String(length=220), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("since", Instant(timezone=True), nullable=False),
        sa.Column("looked_at", Instant(timezone=True), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("data_version", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_check_findings"),
    )
    op.create_index("ix_check_findings_dataset", "check_findings", ["dataset"], unique=False)


def downgrade() -> None:
    op.drop_table("check_findings")
    op.drop_table("check_runs")
