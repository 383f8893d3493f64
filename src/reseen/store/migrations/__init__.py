"""How the tables came to be: Alembic revisions, shipped with the package."""
