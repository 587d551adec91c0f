"""Prints docs/settings.md from the settings themselves: `python docs/render_settings.py > docs/settings.md`."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from textwrap import wrap
from typing import Final

from iotconfig.entrypoints.settings import Settings

_HEAD = """\
# Settings

Settings are environment variables. An unset or empty variable has its default. A bad
value stops the start with one line that names the variable. This page is printed
by `docs/render_settings.py`."""

_SECTIONS: Final = {
    "database": "Database",
    "mqtt": "MQTT",
    "access": "Access",
    "content": "Configs, assets and pictures",
    "secrets": "Secrets in documents",
    "devices": "Devices",
    "serving": "Connections",
    "telemetry": "Log and metrics",
    "client": "Commands over HTTP",
}
_COLUMNS = "| variable | default | meaning |\n| --- | --- | --- |"
_AFTER: Final = {
    "database": """
`DATABASE_URL` takes the parameters of libpq after a question mark, such as
`?sslmode=verify-full`. A password in it is never shown. The time limits are layered: the
server ends a statement first. The watchdog is for a connection that no longer answers;
keep it above the others.""",
}

_TAIL = """
## Secrets in files

The value of a secret can be in a file instead. The variable with `_FILE` behind the name has the file's path:
{secrets}."""


def render() -> str:
    """The page."""
    variables = list(Settings.variables())
    parts = [_HEAD]
    for name, members in groupby(variables, lambda each: each.path[0]):
        parts += [f"\n## {_SECTIONS[name]}\n", _COLUMNS]
        parts += [
            f"| `{each.variable.name}` | {_shown(each.default)} | {each.variable.about} |" for each in members
        ]
        parts += [_AFTER[name]] if name in _AFTER else []
    secrets = (f"`{each.variable.name}_FILE`" for each in variables if each.variable.secret)
    parts.append(_TAIL.format(secrets="\n".join(wrap(", ".join(secrets), 86))))
    return "\n".join(parts)


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, timedelta):
        return f"{default.total_seconds():g}"
    return str(default or "none")


if __name__ == "__main__":
    print(render())
