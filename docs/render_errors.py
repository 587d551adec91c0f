"""Prints docs/errors.md from the table of codes: `python docs/render_errors.py > docs/errors.md`."""

from __future__ import annotations

from iotconfig.adapters.http.problem_codes import CODES

_HEAD = """\
# Every error

Printed by `docs/render_errors.py` from the table of codes of the HTTP API. Errors are
`application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail`, and `error` (one sentence),
`code`, `details` and `correlationId`. Programs branch on `code`.

| code | status | when |
| --- | --- | --- |"""


def render() -> str:
    """The page."""
    rows = [
        f"| `{code}` | {row.status} | {row.when}. {row.details}".rstrip() + " |"
        for code, row in CODES.items()
    ]
    return "\n".join([_HEAD, *rows])


if __name__ == "__main__":
    print(render())
