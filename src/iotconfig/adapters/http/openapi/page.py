"""The description as a page: HTML and a style sheet, without scripts and without requests to other servers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Final

from .shapes import Part

_CODE: Final = re.compile(r"`([^`]+)`")


def page(found: Part) -> str:
    """The page of a description."""
    info = found["info"]
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])} API</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="stylesheet" href="/api/docs/style.css"></head><body>',
        '<a class="skip" href="#operations">Skip to the routes</a>',
        f"<header><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>",
        *(f"<p>{_prose(paragraph)}</p>" for paragraph in info["description"].split("\n\n")),
        '<p>For programs: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).</p></header>',
        *_contents(found),
        '<main id="operations">',
        *(block for tag in found["tags"] for block in _area(found, tag)),
        *_schemas(found),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def _operations(found: Part, tag: str) -> Iterator[tuple[str, str, Part]]:
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield path, method, operation


def _contents(found: Part) -> Iterator[str]:
    yield '<nav aria-label="Routes">'
    for tag in found["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><ul>"
        for path, method, operation in _operations(found, tag["name"]):
            yield (
                f'<li><a href="#{operation["operationId"]}">{_method(method)} '
                f"<code>{escape(path)}</code></a></li>"
            )
        yield "</ul>"
    yield '<h2>Shapes</h2><ul><li><a href="#shapes">Bodies and answers</a></li></ul></nav>'


def _method(method: str) -> str:
    return f'<span class="method {method}">{method.upper()}</span>'


def _area(found: Part, tag: Part) -> Iterator[str]:
    yield f"<section><h2>{escape(tag['name'])}</h2><p>{_prose(tag['description'])}</p>"
    for path, method, operation in _operations(found, tag["name"]):
        yield f'<article id="{operation["operationId"]}">'
        yield f"<h3>{_method(method)} <code>{escape(path)}</code></h3>"
        yield f"<p><strong>{_prose(operation['summary'])}.</strong> {_prose(operation['description'])}</p>"
        yield f'<p class="access">For {escape(operation["x-access"])}.</p>'
        yield from _parameters(operation)
        yield from _body(operation)
        yield from _answers(operation)
        yield "</article>"
    yield "</section>"


def _parameters(operation: Part) -> Iterator[str]:
    if operation["parameters"]:
        yield "<table><caption>Parameters</caption><tbody>"
        for parameter in operation["parameters"]:
            yield (
                f'<tr><th scope="row"><code>{escape(parameter["name"])}</code></th><td>{parameter["in"]}</td>'
                f"<td>{_shape(parameter['schema'])}</td><td>{_prose(parameter['description'])}</td></tr>"
            )
        yield "</tbody></table>"


def _body(operation: Part) -> Iterator[str]:
    request = operation.get("requestBody")
    if request:
        yield f"<h4>Body</h4><p>{_prose(request['description'])}.</p>"
        for media_type, kind in request["content"].items():
            yield f"<p><code>{escape(media_type)}</code>: {_shape(kind['schema'])}</p>"
            for name, example in kind["examples"].items():
                value = example["value"]
                text = value if isinstance(value, str) else json.dumps(value, indent=2)
                yield f"<figure><figcaption>{escape(name)}</figcaption><pre><code>{escape(text)}</code></pre></figure>"


def _answers(operation: Part) -> Iterator[str]:
    yield "<table><caption>Answers</caption><tbody>"
    for status, answer in operation["responses"].items():
        shapes = ", ".join(_shape(kind["schema"]) for kind in answer.get("content", {}).values())
        kind = "good" if status < "400" else "bad"
        yield (
            f'<tr class="{kind}"><th scope="row">{status}</th><td>{_prose(answer["description"])}</td>'
            f"<td>{shapes}</td></tr>"
        )
    yield "</tbody></table>"


def _shape(schema: Part) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#shape-{name}">{name}</a>'
    for joined in ("anyOf", "oneOf"):
        if joined in schema:
            return " or ".join(_shape(one) for one in schema[joined])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(word))}</code>" for word in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    if schema.get("type") == "array":
        return f"list of {_shape(schema['items'])}"
    kind = schema.get("type", "anything")
    return escape(" or ".join(kind) if isinstance(kind, list) else kind)


def _schemas(found: Part) -> Iterator[str]:
    yield '<section id="shapes"><h2>Shapes</h2>'
    for name, schema in found["components"]["schemas"].items():
        yield f'<article id="shape-{name}"><h3>{name}</h3>'
        if "description" in schema:
            yield f"<p>{_prose(schema['description'])}.</p>"
        properties = schema.get("properties", {})
        if properties:
            yield "<table><caption>Members</caption><tbody>"
            for member, shape in properties.items():
                mark = "" if member in schema.get("required", ()) else " <small>optional</small>"
                yield (
                    f'<tr><th scope="row"><code>{escape(member)}</code>{mark}</th><td>{_shape(shape)}</td>'
                    f"<td>{_prose(shape.get('description', ''))}</td></tr>"
                )
            yield "</tbody></table>"
        elif "type" not in schema or schema["type"] != "object":
            yield f"<p>{_shape(schema)}</p>"
        yield "</article>"
    yield "</section>"
