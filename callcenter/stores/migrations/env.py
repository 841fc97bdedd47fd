"""Alembic's entry: runs the migrations on the connection, and inside the transaction, that `migrate` opened."""

from alembic import context

from callcenter.stores.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
