"""Prints docs/routes.md from the API's own description: `python docs/render_routes.py > docs/routes.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iotconfig.adapters.http.openapi.document import document
from iotconfig.adapters.http.routes import ROUTES

_HEAD = """\
# Every route

Printed by `docs/render_routes.py` from the description that the service serves at
`/api/openapi.json`. [The HTTP API](http.md) explains; this page lists: parameters with what
they take, and what each status means."""


def _takes(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    bounds = [str(schema[bound]) for bound in ("minimum", "maximum") if bound in schema]
    return f"{schema.get('type', 'any')} {' to '.join(bounds)}".strip()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"\n### {method.upper()} {path}\n"
    yield (
        f"{operation['summary']}, for {operation['x-access']}. {_cell(operation['description'])}".rstrip()
        + "\n"
    )
    if operation["parameters"]:
        yield "| parameter | in | takes | what it is |\n| --- | --- | --- | --- |"
        for parameter in operation["parameters"]:
            name = f"`{parameter['name']}`" + (" (required)" if parameter.get("required") else "")
            about = _cell(parameter["description"])
            yield f"| {name} | {parameter['in']} | {_cell(_takes(parameter['schema']))} | {about} |"
        yield ""
    if "requestBody" in operation:
        kinds = ", ".join(f"`{kind}`" for kind in operation["requestBody"]["content"])
        yield f"Body, {kinds}: {_cell(operation['requestBody']['description'])}.\n"
    yield "| status | when |\n| --- | --- |"
    for status, answer in operation["responses"].items():
        yield f"| {status} | {_cell(answer['description'])} |"


def render() -> str:
    """The page."""
    found = document(ROUTES)
    lines = [_HEAD]
    for tag in found["tags"]:
        lines.append(f"\n## {tag['name']}\n\n{tag['description']}")
        for path, methods in found["paths"].items():
            for method, operation in methods.items():
                if operation["tags"] == [tag["name"]]:
                    lines += _operation(method, path, operation)
    return "\n".join(lines)


if __name__ == "__main__":
    print(render())
