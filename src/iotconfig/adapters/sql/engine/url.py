"""Database URLs, whose text form shows no password."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

from attrs import field, frozen
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from iotconfig.domain.errors import ValidationFailed, excerpt
from iotconfig.domain.text import harmless

_POSTGRESQL: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_SQLITE: Final = frozenset({"sqlite", "sqlite+pysqlite"})
_SECRET_PARAMETERS: Final = frozenset({"password", "sslpassword"})


@frozen
class DatabaseUrl:
    """The address of a database. `str()` and `repr()` show no password."""

    url: URL = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `postgresql://user:password@host:5432/name` or `sqlite:///file.db`.

        `postgres://` counts as PostgreSQL. Three slashes begin a SQLite path relative to the
        working directory, four an absolute one; it is stored as an absolute path.

        Raises `ValidationFailed` for anything else, SQLite in memory included, which would
        be lost with its connection.
        """
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            # The text may contain a password, so the message does not quote it.
            raise ValidationFailed(
                "It is not a database URL: write postgresql://user:password@host:5432/name or sqlite:///file.db."
            ) from None
        if "\0" in text or "%00" in text:
            raise ValidationFailed("It contains a NUL character.")
        if url.drivername in _POSTGRESQL:
            if "@" in (url.host or ""):
                raise ValidationFailed(
                    "There is more than one @: write an @ in a user name or password as %40."
                )
            _check_parameters(url)
            return cls(url.set(drivername="postgresql+psycopg"))
        if url.drivername not in _SQLITE:
            raise ValidationFailed(
                f"Databases of kind {url.drivername} are not supported: use postgresql:// or sqlite:///."
            )
        if url.database in (None, "", ":memory:") or any(
            (url.host, url.port, url.username, url.password, url.query)
        ):
            raise ValidationFailed("A SQLite URL names a file and nothing else: write sqlite:///file.db.")
        try:
            path = Path(url.database or "").absolute()
        except OSError:
            raise ValidationFailed(
                "The path is relative, and there is no working directory: write four slashes and an absolute path."
            ) from None
        return cls(url.set(drivername="sqlite", database=str(path)))

    @property
    def is_sqlite(self) -> bool:
        """Whether it is the embedded database."""
        return self.url.drivername == "sqlite"

    @property
    def path(self) -> Path:
        """The absolute path of a SQLite database."""
        return Path(self.url.database or "")

    def __str__(self) -> str:
        if self.is_sqlite:
            return harmless(f"sqlite:///{self.path}")
        url = self.url.set(drivername="postgresql")
        return harmless(url.difference_update_query(_SECRET_PARAMETERS).render_as_string(hide_password=True))

    def __repr__(self) -> str:
        return f"DatabaseUrl('{self}')"


def _check_parameters(url: URL) -> None:
    """Refuse parameters that libpq does not support. The error quotes the name only: a value may be a secret."""
    from psycopg.pq import Conninfo

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    for name in url.query:
        if name not in known:
            raise ValidationFailed(f"PostgreSQL has no connection parameter {excerpt(name)}.")
