"""Add connected agents, daily counts of their calls, and their questions about small groups."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("client", sa.String(length=20), nullable=False),
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("client_id", sa.String(length=400), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("begun_at", Instant(timezone=True), nullable=False),
        sa.Column("until", Instant(timezone=True), nullable=False),
        sa.Column("paused_at", Instant(timezone=True), nullable=True),
        sa.Column("paused_by", sa.String(length=32), nullable=False),
        sa.Column("why_paused", sa.Text(), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.Column("why_ended", sa.Text(), nullable=False),
        sa.Column("most_calls", sa.Integer(), nullable=True),
        sa.Column("most_cost", sa.Integer(), nullable=True),
        sa.Column("most_cells", sa.Integer(), nullable=True),
        sa.Column("most_refused", sa.Integer(), nullable=True),
        sa.Column("used_at", Instant(timezone=True), nullable=True),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_agents"),
    )
    op.create_index("ix_agents_person", "agents", ["person"], unique=False)
    op.create_index("ix_agents_client_id", "agents", ["client_id"], unique=False)
    op.create_table(
        "agent_days",
        sa.Column("agent", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("cells", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("refused_in_a_row", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "day", name="pk_agent_days"),
    )
    op.create_table(
        "guarded_questions",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("person", "day", "question", name="pk_guarded_questions"),
    )
    op.create_table(
        "guarded_days",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person", "day", name="pk_guarded_days"),
    )


def downgrade() -> None:
    op.drop_table("guarded_days")
    op.drop_table("guarded_questions")
    op.drop_table("agent_days")
    op.drop_index("ix_agents_client_id", table_name="agents")
    op.drop_index("ix_agents_person", table_name="agents")
    op.drop_table("agents")
