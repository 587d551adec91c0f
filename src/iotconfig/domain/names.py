"""Names of objects that operators name: layers, models and secrets. A name is in paths of URLs, and in names of files."""

from __future__ import annotations

import re
from typing import Final

from .arguments import check_kind
from .errors import ValidationFailed, excerpt

MAX_NAME: Final = 63
"""Maximum number of characters of a name."""

NAME_PATTERN: Final = f"[a-z0-9][a-z0-9-]{{0,{MAX_NAME - 1}}}"
"""The regular expression of a name."""

_NAME: Final = re.compile(NAME_PATTERN)


def is_name(text: str) -> bool:
    """Whether a text is a name."""
    return _NAME.fullmatch(text) is not None


def name_of(text: str, what: str) -> str:
    """Return `text` if it is a name. Raises `ValidationFailed` otherwise, and `TypeError` for what is no str.

    what: the object that is named, such as "layer", for the message.
    """
    check_kind(text, str, f"The name of a {what} is a str")
    if not is_name(text):
        raise ValidationFailed(
            f'"{excerpt(text)}" is no name of a {what}: a name has up to {MAX_NAME} of a-z, 0-9 and -, and begins with a '
            "letter or a digit.",
            parameter="name",
        )
    return text
