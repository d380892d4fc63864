"""Record which scheduled version of the model a version replaces after an upload."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model_versions", sa.Column("rebases", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("model_versions", "rebases")
