"""Connections, transactions and time limits on PostgreSQL and SQLite."""
