"""Prints docs/routes.md from the route table: `python docs/render_routes.py > docs/routes.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from iotconfig.adapters.http.openapi.document import document, path_of
from iotconfig.adapters.http.openapi.parts import GENERAL, TOO_LONG, general_codes, problems
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.adapters.http.routing import Operation, RouteTable

_HEAD = """\
# Every route

Printed by `docs/render_routes.py` from the route table, as is the description that the service serves at
`/api/openapi.json`. [The HTTP API](http.md) explains; this page lists: parameters with what
they take, what each status means, and the members of [bodies and answers](#bodies-and-answers). The refusals
that many routes share are [listed once](#refusals-of-many-routes). [Every error](errors.md) says more about the codes.

| route | what | for |
| --- | --- | --- |"""

_SHARED = """
## Refusals of many routes

The table of a route has its answers and its own refusals. Any route of these kinds may refuse a request as follows, too:

| routes | status | when |
| --- | --- | --- |"""

Part = dict[str, Any]


def _takes(schema: Part) -> str:
    """What a parameter or a member can be, in a few words."""
    if "$ref" in schema:
        return _link(schema)
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(_takes(each) for each in schema.get("anyOf") or schema["oneOf"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        taken = ", ".join(f"`{value}`" for value in schema["enum"])
    elif schema.get("type") == "array":
        taken = f"array of {_takes(schema['items'])}"
    else:
        kinds = "time" if schema.get("format") == "date-time" else schema.get("type", "any value")
        bounds = [str(schema[bound]) for bound in ("minimum", "maximum") if bound in schema]
        words = [kinds if isinstance(kinds, str) else " or ".join(kinds), " to ".join(bounds)]
        taken = " ".join(filter(None, words))
    return f"{taken}; by default {schema['default']}" if "default" in schema else taken


def _link(reference: Part) -> str:
    name = str(reference["$ref"]).rpartition("/")[2]
    return f"[{name}](#{name.lower()})"


def _linked(content: Part) -> str:
    """The schemas of a body or an answer, in parentheses; nothing for text and bytes."""
    schemas = [kind["schema"] for kind in content.values()]
    found = ", ".join(_takes(schema) for schema in schemas if schema.keys() & {"$ref", "anyOf"})
    return f" ({found})" if found else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _shared(table: RouteTable) -> Iterator[str]:
    """The refusals of many routes."""
    yield _SHARED
    for general in GENERAL:
        found = problems(general.codes) | (TOO_LONG if general is GENERAL[0] else {})
        for status, answer in sorted(found.items()):
            yield f"| {general.of} | {status} | {_cell(answer['description'])} |"
    without = [
        f"`{method} {path_of(route.path)}`"
        for route in table
        for method, operation in route.operations.items()
        if not operation.needs_store
    ]
    yield f"\nThese do not answer `STORE_UNAVAILABLE`: {', '.join(without)}."


def _answers(row: Operation, operation: Part) -> Iterator[str]:
    """The answers of one method, and the refusals that are its own."""
    shared = general_codes(row)
    own = problems([code for code in row.refuses if code not in shared])
    answers = {status: operation["responses"][str(status)] for status in row.answers}
    rows = {**own, **{str(status): answer for status, answer in answers.items()}}
    yield "| status | when |\n| --- | --- |"
    for status, answer in sorted(rows.items()):
        found = "" if status in own else _linked(answer.get("content", {}))
        yield f"| {status} | {_cell(answer['description'])}{found} |"


def _operation(method: str, path: str, row: Operation, operation: Part) -> Iterator[str]:
    yield f"\n### {method} {path}\n"
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
        body = operation["requestBody"]
        kinds = ", ".join(f"`{kind}`" for kind in body["content"])
        yield f"Body, {kinds}: {_cell(body['description'])}{_linked(body['content'])}.\n"
    yield from _answers(row, operation)


def _schema(name: str, schema: Part) -> Iterator[str]:
    yield f"\n### {name}\n"
    if about := schema.get("description", ""):
        yield f"{_cell(about)}."
    if "oneOf" in schema or "enum" in schema:
        yield f"One of {_cell(_takes(schema))}."
    if "properties" not in schema:
        return
    if about:
        yield ""
    yield "| member | takes | what it is |\n| --- | --- | --- |"
    for member, part in schema["properties"].items():
        optional = "" if member in schema.get("required", ()) else " (optional)"
        yield f"| `{member}`{optional} | {_cell(_takes(part))} | {_cell(part.get('description', ''))} |"


def render(table: RouteTable = ROUTES) -> str:
    """The page."""
    found = document(table)
    lines = [_HEAD]
    for route in table:
        for method, operation in route.operations.items():
            lines.append(
                f"| `{method} {path_of(route.path)}` | {operation.about} | {operation.access.value} |"
            )
    lines += _shared(table)
    for area in table.areas:
        lines.append(f"\n## {area.name}\n\n{area.about}")
        for route in area.routes:
            if not route.is_described:
                continue
            path = path_of(route.path)
            for method, row in route.operations.items():
                lines += _operation(method, path, row, found["paths"][path][method.lower()])
    lines.append(
        "\n## Bodies and answers\n\nOptional members of answers are left out while they have no value."
    )
    for name, schema in found["components"]["schemas"].items():
        lines += _schema(name, schema)
    return "\n".join(lines)


if __name__ == "__main__":
    print(render())
