"""Add people."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=True),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("first_seen_at", Instant(timezone=True), nullable=False),
        sa.Column("last_seen_at", Instant(timezone=True), nullable=False),
        sa.Column("erased_at", Instant(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_people"),
        sa.UniqueConstraint("id", name="uq_people_id"),
    )


def downgrade() -> None:
    op.drop_table("people")
