"""Add past results of data checks."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_findings",
        sa.Column("check_id", sa.String(length=220), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.String(length=63), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("since", Instant(timezone=True), nullable=False),
        sa.Column("until", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("check_id", "number", name="pk_past_findings"),
    )


def downgrade() -> None:
    op.drop_table("past_findings")
