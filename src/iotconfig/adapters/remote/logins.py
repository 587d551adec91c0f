"""The tokens that `iotconfig login` keeps, in a file that only its owner can read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Final, Self

from attrs import evolve, field, frozen

from iotconfig.adapters.regular_files import opened_regular
from iotconfig.domain.errors import ValidationFailed, excerpt

_FOR_OTHERS: Final = 0o077
_MOST_BYTES: Final = 1024 * 1024


def logins_path(environ: Mapping[str, str]) -> Path | None:
    """The file of the tokens, by the XDG Base Directory Specification; None without a home directory."""
    if configured := environ.get("XDG_CONFIG_HOME"):
        return Path(configured, "iotconfig", "logins.json")
    home = environ.get("HOME")
    return Path(home, ".config", "iotconfig", "logins.json") if home else None


@frozen
class Logins:
    """The services that a user has logged in to."""

    tokens: Mapping[str, str] = field(factory=dict, repr=False)
    """By the URL of the service; empty where it requires none."""
    current: str | None = None
    """The URL of the latest login, which commands work on by default; None after its logout."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; without one there are no logins.

        Raises `ValidationFailed` where others may read it, or it is malformed or no regular file.
        """
        try:
            with opened_regular(path) as file:
                if os.fstat(file.fileno()).st_mode & _FOR_OTHERS:
                    raise ValidationFailed(
                        f"{excerpt(str(path))} has tokens, and other users may read it: run 'chmod 600' on it."
                    )
                found: Any = json.loads(file.read(_MOST_BYTES))
                return cls._checked(dict(found["tokens"]), found["current"])
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise ValidationFailed(f"{excerpt(str(path))} cannot be read: {error.strerror}.") from None
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ValidationFailed(f"{excerpt(str(path))} is damaged: remove it, and log in again.") from None

    @classmethod
    def _checked(cls, tokens: Mapping[Any, Any], current: Any) -> Self:
        """The logins. Raises `ValueError` for values of other kinds, and for characters that no header has."""
        for text in (*tokens, *tokens.values(), "" if current is None else current):
            # The error of a malformed header would have the token.
            if not isinstance(text, str) or not text.isascii() or not text.isprintable() or " " in text:
                raise ValueError
        return cls(tokens, current)

    def with_login(self, url: str, token: str) -> Self:
        """The logins with this one, which becomes the current one."""
        return evolve(self, tokens={**self.tokens, url: token}, current=url)

    def without(self, url: str) -> Self:
        """The logins without that to `url`."""
        tokens = {each: token for each, token in self.tokens.items() if each != url}
        return evolve(self, tokens=tokens, current=None if self.current == url else self.current)

    def write(self, path: Path) -> None:
        """Replace the file; its directory is made if needed. Raises `OSError`."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes a file that only its owner can read.
        descriptor, name = mkstemp(prefix=".logins-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump({"current": self.current, "tokens": dict(self.tokens)}, file)
                file.flush()
                os.fsync(descriptor)
            Path(name).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise
