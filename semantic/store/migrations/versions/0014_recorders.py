"""Add the processes that record acts, and up to when each one's acts are all in the audit log."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recorders",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("complete_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recorders"),
    )


def downgrade() -> None:
    op.drop_table("recorders")
