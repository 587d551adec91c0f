"""Database URLs: accepted spellings, hidden passwords, and refusals that do not repeat the URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.domain.errors import ValidationFailed

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("postgresql://u@h:5432/db", "postgresql://u@h:5432/db", id="postgresql"),
        pytest.param("postgres://u@h/db", "postgresql://u@h/db", id="postgres"),
        pytest.param("postgresql+psycopg://u@h/db", "postgresql://u@h/db", id="with-driver"),
        pytest.param("postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db", id="ipv6"),
        pytest.param("postgresql:///db", "postgresql:///db", id="local-socket"),
    ],
)
def test_postgresql(text: str, shown: str) -> None:
    """Every spelling of PostgreSQL selects psycopg, and is shown without the driver."""
    url = DatabaseUrl.parse(text)

    assert "postgresql+psycopg" == url.url.drivername
    assert not url.is_sqlite
    assert shown == str(url)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("sqlite:///file.db", f"{Path.cwd()}/file.db", id="relative"),
        pytest.param("sqlite:////var/lib/file.db", "/var/lib/file.db", id="absolute"),
        pytest.param("sqlite+pysqlite:////file.db", "/file.db", id="with-driver"),
        pytest.param("sqlite:////with space/ä#1.db", "/with space/ä#1.db", id="literal-characters"),
    ],
)
def test_sqlite(text: str, path: str) -> None:
    """Three slashes make a relative path, four an absolute one; the path is literal, and shown as absolute."""
    url = DatabaseUrl.parse(text)

    assert url.is_sqlite
    assert Path(path) == url.path
    assert f"sqlite:///{path}" == str(url)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"postgresql://u:{SECRET}@h/db", id="password"),
        pytest.param(f"postgresql://u:a%40{SECRET}@h/db", id="escaped-at-sign"),
        pytest.param(f"postgres://u:{SECRET}:x@h/db", id="colon-in-the-password"),
        pytest.param(f"postgresql://u@h/db?password={SECRET}", id="as-parameter"),
        pytest.param(f"postgresql://u@h/db?password=x&password={SECRET}", id="as-parameter-twice"),
        pytest.param(f"postgresql://u@h/db?sslmode=require&sslpassword={SECRET}", id="of-the-key"),
    ],
)
def test_passwords_do_not_show(text: str) -> None:
    """Neither `str` nor `repr` shows a password, wherever it stands in the URL."""
    url = DatabaseUrl.parse(text)

    assert SECRET not in str(url)
    assert SECRET not in repr(url)
    assert SECRET not in f"{url}{url!r}{[url]}"
    assert "u" == url.url.username


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(SECRET, id="a-password-alone"),
        pytest.param(f"u:{SECRET}@h/db", id="no-scheme"),
        pytest.param(f"postgresql:/u:{SECRET}@h/db", id="one-slash"),
        pytest.param(f"postgresql://u:p@h:{SECRET}/db", id="port-no-number"),
        pytest.param(f"postgresql://u:p@{SECRET}@h/db", id="at-sign-not-escaped"),
        pytest.param(f"mysql://u:{SECRET}@h/db", id="mysql"),
        pytest.param(f"postgresql+psycopg2://u:{SECRET}@h/db", id="other-driver"),
        pytest.param("sqlite+aiosqlite:///file.db", id="other-sqlite-driver"),
        pytest.param("sqlite://", id="sqlite-without-a-file"),
        pytest.param("sqlite:///", id="sqlite-without-a-name"),
        pytest.param("sqlite:///:memory:", id="sqlite-in-memory"),
        pytest.param("sqlite://file.db", id="sqlite-two-slashes"),
        pytest.param("sqlite:///file.db?mode=ro", id="sqlite-with-parameters"),
        pytest.param(f"sqlite://u:{SECRET}@/file.db", id="sqlite-with-a-password"),
        pytest.param("file.db", id="a-path"),
    ],
)
def test_refusals(text: str) -> None:
    """A URL of an unsupported database is refused with one line that repeats no secret."""
    with pytest.raises(ValidationFailed) as refusal:
        DatabaseUrl.parse(text)

    assert SECRET not in str(refusal.value)
    assert 1 == len(str(refusal.value).splitlines())
