"""Prints docs/settings.md from the settings themselves: `python docs/render_settings.py > docs/settings.md`."""

from __future__ import annotations

from textwrap import wrap

from attrs import fields

from iotconfig.entrypoints.settings import Settings

_HEAD = """\
# Settings

Settings are environment variables. An unset or empty one has its default; a bad
value stops the start with one line that names the variable. This page is printed
by `docs/render_settings.py`.

| variable | default | what it is |
| --- | --- | --- |"""

_TAIL = """
A secret may stand in a file instead. `_FILE` behind the name takes the file's path:
{secrets}.

`DATABASE_URL` takes the parameters of libpq after a question mark, such as
`?sslmode=verify-full`. A password in it is never shown. Time-outs are layered: a
statement ends in the server first, and the watchdog is for a link that swallows
everything; keep it above the others."""


def render() -> str:
    """The page."""
    rows = []
    for attribute in fields(Settings):
        default = attribute.default
        shown = str(default).lower() if isinstance(default, bool) else str(default or "none")
        rows.append(f"| `{attribute.metadata['variable']}` | {shown} | {attribute.metadata['about']} |")
    secrets = (
        f"`{field.metadata['variable']}_FILE`" for field in fields(Settings) if field.metadata["secret"]
    )
    tail = _TAIL.format(secrets="\n".join(wrap(", ".join(secrets), 86)))
    return "\n".join([_HEAD, *rows, tail])


if __name__ == "__main__":
    print(render())
