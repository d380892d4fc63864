"""Add the worker's jobs."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("leased_until", Instant(timezone=True), nullable=True),
        sa.Column("next_at", Instant(timezone=True), nullable=False),
        sa.Column("last_began_at", Instant(timezone=True), nullable=True),
        sa.Column("last_ended_at", Instant(timezone=True), nullable=True),
        sa.Column("last_failed_at", Instant(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_jobs"),
    )


def downgrade() -> None:
    op.drop_table("jobs")
