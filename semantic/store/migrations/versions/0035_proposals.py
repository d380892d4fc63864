"""Add agents' proposals, and records of their calls."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("granted", sa.String(length=20), nullable=False),
        sa.Column("made", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("expires_at", Instant(timezone=True), nullable=False),
        sa.Column("decided_at", Instant(timezone=True), nullable=True),
        sa.Column("until", Instant(timezone=True), nullable=True),
        sa.Column("used_at", Instant(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_subject_made_at", "proposals", ["subject", "made_at"], unique=False)
    op.create_index("ix_proposals_digest", "proposals", ["digest"], unique=False)
    op.create_table(
        "agent_calls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("tool", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("receipt", sa.String(length=32), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("cost", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agent_calls"),
    )
    op.create_index("ix_agent_calls_at", "agent_calls", ["at"], unique=False)
    op.create_index("ix_agent_calls_subject_at", "agent_calls", ["subject", "at"], unique=False)
    op.create_index("ix_agent_calls_agent_at", "agent_calls", ["agent", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_agent_calls_agent_at", table_name="agent_calls")
    op.drop_index("ix_agent_calls_subject_at", table_name="agent_calls")
    op.drop_index("ix_agent_calls_at", table_name="agent_calls")
    op.drop_table("agent_calls")
    op.drop_index("ix_proposals_digest", table_name="proposals")
    op.drop_index("ix_proposals_subject_made_at", table_name="proposals")
    op.drop_table("proposals")
