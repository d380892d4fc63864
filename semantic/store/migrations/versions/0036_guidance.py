"""Add guidance for agents, certified questions with their runs, and the automation log."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guidance_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("written_at", Instant(timezone=True), nullable=False),
        sa.Column("decided_at", Instant(timezone=True), nullable=True),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_guidance_versions"),
    )
    op.create_table(
        "drift_questions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("paraphrases", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.Column("removed_at", Instant(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drift_questions"),
    )
    op.create_index("ix_drift_questions_owner", "drift_questions", ["owner"], unique=False)
    op.create_table(
        "drift_runs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("engine", sa.String(length=20), nullable=False),
        sa.Column("engine_version", sa.String(length=200), nullable=False),
        sa.Column("model_version", sa.String(length=80), nullable=False),
        sa.Column("begun_at", Instant(timezone=True), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drift_runs"),
    )
    op.create_index("ix_drift_runs_engine_begun_at", "drift_runs", ["engine", "begun_at"], unique=False)
    op.create_table(
        "automations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("change", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("concerns", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("written_at", Instant(timezone=True), nullable=False),
        sa.Column("removed_at", Instant(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_automations"),
    )
    op.create_index("ix_automations_author", "automations", ["author"], unique=False)
    op.create_index("ix_automations_day", "automations", ["day"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_automations_day", table_name="automations")
    op.drop_index("ix_automations_author", table_name="automations")
    op.drop_table("automations")
    op.drop_index("ix_drift_runs_engine_begun_at", table_name="drift_runs")
    op.drop_table("drift_runs")
    op.drop_index("ix_drift_questions_owner", table_name="drift_questions")
    op.drop_table("drift_questions")
    op.drop_table("guidance_versions")
