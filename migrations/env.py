"""Alembic's entry point: runs revisions on the connection that `migrations.upgrade` opened."""

from __future__ import annotations

from alembic import context

from migrations import comparison

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=list(comparison.described()),
    include_schemas=True,
    version_table_schema="public",
)
with context.begin_transaction():
    context.run_migrations()
