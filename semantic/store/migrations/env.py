"""Alembic's entry point.

It runs on the connection passed to it, so that a store is opened and upgraded in one place.
"""

from alembic import context

from semantic.store.tables import metadata

connection = context.config.attributes["connection"]
# SQLite changes a table by recreating it, which batch mode writes.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
