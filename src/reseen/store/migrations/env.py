"""Alembic's entry: runs revisions in the transaction that ``database.open_database`` holds.

No URL and no logging is configured here; a connection comes in, and its owner commits.
"""

from alembic import context

from reseen.store import access_tables, review_tables  # noqa: F401 all tables are known to a revision
from reseen.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
context.run_migrations()
