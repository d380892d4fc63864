"""Add notes on links, favourites, and folders of saved questions."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("question_links", sa.Column("chart", sa.String(length=40), nullable=True))
    op.add_column("question_links", sa.Column("note", sa.LargeBinary(), nullable=True))
    op.add_column("question_links", sa.Column("access", sa.String(length=64), nullable=True))
    op.add_column("questions", sa.Column("folder", sa.String(length=60), nullable=True))
    op.create_table(
        "favourites",
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("question", sa.String(length=32), nullable=False),
        sa.Column("since", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "question", name="pk_favourites"),
    )


def downgrade() -> None:
    op.drop_table("favourites")
    op.drop_column("questions", "folder")
    op.drop_column("question_links", "access")
    op.drop_column("question_links", "note")
    op.drop_column("question_links", "chart")
