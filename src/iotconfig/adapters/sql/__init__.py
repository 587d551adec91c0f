"""Configs in a relational database, through SQLAlchemy Core: PostgreSQL, or SQLite as the embedded default."""
