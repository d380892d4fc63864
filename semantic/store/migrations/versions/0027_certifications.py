"""Add acts on the certification of metrics."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certifications",
        sa.Column("metric", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("deed", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("meaning", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("metric", "number", name="pk_certifications"),
    )
    op.create_index("ix_certifications_at", "certifications", ["at"])


def downgrade() -> None:
    op.drop_table("certifications")
