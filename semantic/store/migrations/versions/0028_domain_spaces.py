"""Add spaces that belong to a domain."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("spaces", sa.Column("domain", sa.String(length=63), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("spaces", "domain")
