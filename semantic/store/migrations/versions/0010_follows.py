"""Add followed items and recent questions."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follows",
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("thing", sa.String(length=64), nullable=False),
        sa.Column("since", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "kind", "thing", name="pk_follows"),
    )
    op.create_table(
        "recent_questions",
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("asked", sa.String(length=64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("asked_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "asked", name="pk_recent_questions"),
    )
    op.create_index("ix_recent_questions_asked_at", "recent_questions", ["asked_at"], unique=False)


def downgrade() -> None:
    op.drop_table("recent_questions")
    op.drop_table("follows")
