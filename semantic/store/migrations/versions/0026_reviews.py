"""Add the names and reviews of drafts."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model_drafts", sa.Column("name", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("model_drafts", sa.Column("opened_at", Instant(timezone=True), nullable=True))
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("draft", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sent_at", Instant(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["based_on"], ["model_versions.number"], name="fk_reviews_based_on_model_versions"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    op.create_index("ix_reviews_draft", "reviews", ["draft"], unique=False)
    op.create_index("ix_reviews_state", "reviews", ["state"], unique=False)
    op.create_table(
        "review_acts",
        sa.Column("review", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ticks", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"], name="fk_review_acts_review_reviews"),
        sa.PrimaryKeyConstraint("review", "place", name="pk_review_acts"),
    )


def downgrade() -> None:
    op.drop_table("review_acts")
    op.drop_index("ix_reviews_state", table_name="reviews")
    op.drop_index("ix_reviews_draft", table_name="reviews")
    op.drop_table("reviews")
    op.drop_column("model_drafts", "opened_at")
    op.drop_column("model_drafts", "name")
