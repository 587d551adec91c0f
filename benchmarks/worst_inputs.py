"""The worst inputs within the limits, for each method of each route: what `benchmarks/holding.py` sends."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from attrs import evolve, frozen

BYTES: Final = 256 * 1024
"""The largest content, in bytes."""


@frozen
class Case:
    """One request."""

    method: str
    template: str
    name: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = {}
    query: str = ""


def filled(begin: str, item: Callable[[int], str], end: str, size: int = BYTES) -> str:
    """As many items as fit."""
    parts: list[str] = []
    left = size - len(begin.encode()) - len(end.encode())
    while True:
        part = item(len(parts))
        left -= len(part.encode()) + 1
        if left < 0:
            return begin + ",".join(parts) + end
        parts.append(part)


def contents(size: int = BYTES) -> dict[str, str]:
    """Documents of the maximum size, each with much of one kind."""
    chance = random.Random(1)
    deep = '{"a":' + "[" * 62, "]" * 62 + "}"
    objects = '{"a":' * 63, "}" * 63
    return {
        "many numbers": filled('{"a":[', lambda _: str(chance.randrange(2)), "]}", size),
        "many members": filled("{", lambda n: f'"{n:x}":{n % 7}', "}", size),
        "many objects": filled("{", lambda n: f'"{n:x}":{{"":{n % 7}}}', "}", size),
        "many empty arrays": filled('{"a":[', lambda _: "[]", "]}", size),
        "63 levels, then numbers": filled(deep[0], lambda n: str(n % 3), deep[1], size),
        "63 levels, then members": filled(objects[0] + "{", lambda n: f'"{n:x}":1', "}" + objects[1], size)
        .replace('{"a":', "", 1)
        .removesuffix("}"),
        "escapes": filled('{"a":["', lambda n: rf'"{chr(92)}u00{n % 64 + 64:x}"'[1:-1] * 100, '"]}', size),
        "many references": filled('{"a":[', lambda _: '{"$secret":"a"}', "]}", size),
        "many references, and a malformed one at the end": filled(
            '{"a":[', lambda _: '{"$secret":"a"}', ',{"$secret":1}]}', size
        ),
        "one long string": '{"a":"' + "ä" * ((size - 8) // 2) + '"}',
        "one long name": '{"'
        + "n" * (size // 2)
        + '":'
        + filled("[", lambda n: str(n % 9), "]}", size // 2 - 6),
        "long numbers": filled('{"a":[', lambda _: "1" * 300, "]}", size),
        "spaces": "{" + "\n\t" * ((size - 2) // 2) + "}",
    }


def other(text: str) -> str:
    """A different document of the same kind."""
    swapped = text.translate(str.maketrans("012", "120"))
    return (
        swapped if swapped != text else text.replace("\n\t", "\t\n").replace("ä", "ö").replace("u00", "u01")
    )


def mac(number: int) -> str:
    digits = f"02{number:010x}"
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


_MANY_TAGS = ", ".join(f'"{number}"' for number in range(8000))
_LONG_HEADERS = {
    "a long If-None-Match": {"If-None-Match": _MANY_TAGS},
    "a long broken If-None-Match": {"If-None-Match": _MANY_TAGS + ' "'},
    "a long If-Match": {"If-Match": _MANY_TAGS + ', "1"'},
    "commas": {"If-None-Match": "," * 60_000},
    "a long bearer token": {"Authorization": "Bearer " + "a." * 30_000},
    "many cookies": {"Cookie": "; ".join(f"c{number}=v" for number in range(7000))},
    "a long cookie": {"Cookie": "iotconfig=" + '"\\' * 30_000},
    "a long Accept": {"Accept": ", ".join(f"a/b;q=0.{number}" for number in range(4000))},
    "a long Range": {"Range": "bytes=" + ",".join(f"{number}-" for number in range(8000))},
    "a long Forwarded": {"X-Forwarded-For": ", ".join(["1.2.3.4"] * 6000), "Forwarded": "for=1;" * 8000},
    "a long Origin": {"Origin": "http://" + "a" * 60_000, "Sec-Fetch-Site": "same-origin"},
}
_LONG_QUERIES = {
    "many parameters": "&".join(f"p{number}=1" for number in range(8000)),
    "one parameter again and again": "&".join(["limit=1"] * 8000),
    "a long parameter": "q=" + "%F0%9F%98%80" * 5000,
}


def bodies(size: int = BYTES) -> Iterator[tuple[str, str]]:
    """Contents for a body, also ones that are refused."""
    for name, text in contents(size).items():
        yield name, text
    for name in ("many numbers", "many members", "63 levels, then numbers"):
        yield f"{name}, wrong at the end", contents(size - 40)[name].removesuffix("}") + ',"a":1,"a":2}'
    room = 6 * size
    yield "six times too large", contents(room)["many numbers"]
    yield "six times too large, members", contents(room)["many objects"]
    escaped = "".join(f"\\u{ord(character):04x}" for character in contents(size)["many numbers"])
    yield "every character an escape", f'"{escaped}"'
    yield "a string that never ends", '"' + '\\"' * (room // 2)
    yield "deeper than allowed", '{"a":' + "[" * (room // 2 - 10) + "]" * (room // 2 - 10) + "}"


def cases(template: str, method: str) -> Iterator[Case]:
    """The worst inputs of one method of a route. A route that has none fails the benchmark."""
    yield from WORST[(method, template)](Case(method, template, "", _path(template)))


def _path(template: str) -> str:
    return (
        template.replace("{mac}.json", f"{mac(1)}.json")
        .replace("{mac}", mac(1))
        .replace("{segment}", "1")
        .replace("{number}", "3")
        .replace("/api/layers/{name}", "/api/layers/layer-1")
        .replace("{name}", "asset-1.bin")
        .replace("{change}", "0" * 16)
        .replace("{tag}", "t1")
    )


def plain(case: Case) -> Iterator[Case]:
    yield evolve(case, name="as it is")
    for name, headers in _LONG_HEADERS.items():
        yield evolve(case, name=name, headers=headers)
    for name, query in _LONG_QUERIES.items():
        yield evolve(case, name=name, query=query)


def with_content(case: Case) -> Iterator[Case]:
    """`content` in the body."""
    address = f'"mac_address":"{mac(2**33)}",' if case.template in {"/api/configs", "/api/devices"} else ""
    for name, text in bodies():
        body = f'{{{address}"content":{text}}}'.encode()
        yield evolve(case, name=name, body=body)
        if case.template == "/api/configs/{segment}":
            yield evolve(case, name=f"dry run, {name}", body=body, query="dry_run=true")
    yield from plain(case)


def with_merge(case: Case) -> Iterator[Case]:
    headers = {"Content-Type": "application/merge-patch+json"}
    kinds = contents()
    for number, (name, text) in enumerate(kinds.items(), 1):
        for query in ("dry_run=true", ""):
            path = f"/api/configs/{number % len(kinds) + 1}"
            for what, patch in ((name, other(text)), (f"{name}, removed", text.replace(":1", ":null"))):
                yield evolve(
                    case, name=f"{what} {query}", headers=headers, body=patch.encode(), query=query, path=path
                )
    yield evolve(case, name="into a large one", headers=headers, body=b'{"b":1}', query="dry_run=true")


def with_layer(case: Case) -> Iterator[Case]:
    """A layer in the body, for devices with a tag that none has, and for all devices in a dry run."""
    name = '"name":"new",' if case.template == "/api/layers" else ""
    for reaches, query in (('{"tags":["nobody"]},"rank":999999', ""), ('{"all":true}', "dry_run=true")):
        for kind, text in bodies():
            body = f'{{{name}"reaches":{reaches},"content":{text}}}'.encode()
            yield evolve(case, name=f"{kind} {query}", body=body, query=query)
    tags = json.dumps(["t"] * 100_000)
    yield evolve(
        case, name="100,000 tags", body=f'{{{name}"reaches":{{"tags":{tags}}},"content":{{}}}}'.encode()
    )
    yield from plain(case)


def with_layer_patch(case: Case) -> Iterator[Case]:
    headers = {"Content-Type": "application/merge-patch+json"}
    for kind, text in contents(BYTES - 16).items():
        for query in ("dry_run=true", ""):
            body = f'{{"content":{other(text)}}}'.encode()
            yield evolve(case, name=f"{kind} {query}", headers=headers, body=body, query=query)
    yield from plain(case)


def layers_ordered(case: Case) -> Iterator[Case]:
    names = [f"layer-{number}" for number in range(1, 200)]
    for name, order in {
        "all layers": names[::-1],
        "one layer again and again": ["layer-1"] * 100_000,
        "names of nothing": [f"x-{number}" for number in range(100_000)],
    }.items():
        yield evolve(case, name=name, body=json.dumps({"layers": order}).encode(), query="dry_run=true")
    yield from plain(case)


def with_message(case: Case) -> Iterator[Case]:
    for name, text in bodies():
        yield evolve(case, name=name, body=f'{{"message":{text}}}'.encode())


def listed(case: Case) -> Iterator[Case]:
    yield evolve(case, name="a page of a thousand", query="limit=1000")
    yield from plain(case)


def explained(case: Case) -> Iterator[Case]:
    yield evolve(case, name="explained", query="explain=true")
    yield evolve(case, name="long ago", query="at=2001-01-01T00:00:00Z")
    yield from plain(case)


def searched(case: Case) -> Iterator[Case]:
    yield from listed(case)
    for name, q in {
        "no match": "zzz",
        "all match": "%C3%A4",
        "a long search": "a" * 60_000,
        "NUL": "%00",
    }.items():
        yield evolve(case, name=name, query=f"limit=1000&q={q}")
    if case.template == "/api/configs":
        yield evolve(case, name="by flag", query="limit=1000&enable_ota=true")


def devices(case: Case) -> Iterator[Case]:
    yield from searched(case)
    for name, query in {
        "by state": "state=pending",
        "by state that none has": "state=drifted",
        "overdue": "overdue=true",
        "not overdue": "overdue=false",
        "by firmware": "firmware=1.4.2",
        "by tag": "tag=floor-3",
        "by many tags": "&".join(f"tag=!{number}" for number in range(32)),
    }.items():
        yield evolve(case, name=name, query=f"limit=1000&{query}")


def logged(case: Case) -> Iterator[Case]:
    yield from listed(case)
    for name, query in {
        "an author of nothing": "author=nobody",
        "a kind of nothing, the oldest first": "operation=replace-device&order=oldest",
        "many tags": "&".join(f"tag={'!' * (n % 2)}t{n}" for n in range(32)),
        "a time in the middle": "from=2026-01-01T00:00:00Z&until=2026-01-01T00:00:01Z",
        "many tags of nothing": "&".join(["tag=t1"] * 8000),
    }.items():
        yield evolve(case, name=name, query=f"limit=1000&{query}")


def streamed(case: Case) -> Iterator[Case]:
    yield evolve(case, name="from the beginning of the log", query="position=0")
    yield evolve(case, name="a long Last-Event-ID", headers={"Last-Event-ID": "1" * 60_000})
    yield from plain(case)


def compared(case: Case) -> Iterator[Case]:
    for number, name in enumerate(contents()):
        yield evolve(case, name=name, query=f"from={2 * number + 1}&to={2 * number + 2}")
        yield evolve(case, name=f"{name}, and numbers", query=f"from=1&to={2 * number + 2}")


def reverted(case: Case) -> Iterator[Case]:
    for number, name in enumerate(contents()):
        for query in ("dry_run=true", ""):
            yield evolve(case, name=name, query=query, body=f'{{"revision":{2 * number + 1}}}'.encode())


def imported(case: Case) -> Iterator[Case]:
    ndjson = {"Content-Type": "application/x-ndjson"}
    line = '{"mac_address":"%s","content":%s}\n'
    for name, text in contents().items():
        body = "".join(line % (mac(2**34 + n), text.replace("\n", "")) for n in range(20))
        yield evolve(
            case, name=f"20 configs, {name}", headers=ndjson, body=body.encode(), query="dry_run=true"
        )
    same = "".join(line % (mac(1), "{}") for _ in range(20_000)).encode()
    new = "".join(line % (mac(2**34 + n), '{"a":1}') for n in range(50_000)).encode()
    for query in ("dry_run=true", "keep_going=true"):
        yield evolve(case, name="20,000 with one address", headers=ndjson, body=same, query=query)
        yield evolve(case, name="50,000 configs", headers=ndjson, body=new, query=query)
    yield evolve(case, name="one line of 60 MB", headers=ndjson, body=b"x" * 60_000_000)
    yield evolve(case, name="60 MB of line ends", headers=ndjson, body=b"\n" * 60_000_000)
    document = b'{"configs":[' + new.replace(b"\n", b",").removesuffix(b",") + b"]}"
    yield evolve(case, name="one document", body=document, query="dry_run=true")
    yield evolve(case, name="60 MB of brackets", body=b"[" * 60_000_000)
    yield evolve(case, name="60 MB of an open string", body=b'{"configs":[{"' + b'\\"' * 30_000_000)
    yield evolve(case, name="60 MB of spaces", body=b'{"configs":[' + b" " * 60_000_000)


def patched(case: Case) -> Iterator[Case]:
    for name in ("many objects", "63 levels, then numbers", "one long name"):
        body = f'{{"match":"02:00:00:00:00:0","merge":{contents()[name]}}}'.encode()
        yield evolve(case, name=f"15 large configs, {name}", body=body, query="dry_run=true")
    for query in ("dry_run=true", "keep_going=true"):
        yield evolve(case, name="every config", body=b'{"all":true,"merge":{"z":1}}', query=query)


def uploaded(case: Case) -> Iterator[Case]:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    for name, body in {
        "16 MB": part + b"x" * 16_000_000 + b"\r\n--x--\r\n",
        "16 MB of line ends": part + b"\r\n" * 8_000_000 + b"\r\n--x--\r\n",
        "16 MB of almost the end": part + b"\r\n--" * 4_000_000 + b"\r\n--x--\r\n",
        "many parts": part.replace(b'"file"', b'"other"') * 20_000,
        "no part": b"\r\n" * 8_000_000,
    }.items():
        yield evolve(case, name=name, headers=kind, body=body)
    long = "multipart/form-data; " + "a=b; " * 12_000
    yield evolve(case, name="a long Content-Type", headers={"Content-Type": long}, body=b"x")
    yield evolve(
        case, name="a long boundary", headers={"Content-Type": f"{FORM}; boundary={'x' * 60_000}"}, body=part
    )


def selected(case: Case, change: str) -> Iterator[Case]:
    """Each way to select configs, with members of the body that say what to do with them."""
    # As many as a body can have.
    addresses = json.dumps([mac(number * 7919 % 70_001) for number in range(70_000)], separators=(",", ":"))
    names = json.dumps(["ä" * 255] * 50_000)
    deep = json.dumps("/a" * 60)
    for name, selection in {
        "every config": '"all":true',
        "70,000 addresses": f'"mac_addresses":{addresses}',
        "one address again and again": f'"mac_addresses":{json.dumps([mac(1)] * 70_000)}',
        "50,000 names": f'"device_names":{names}',
        "a value in every config": f'"all":true,"where":{{{deep}:1}}',
        "a text that all have": '"match":"ä"',
    }.items():
        yield evolve(case, name=name, body=f"{{{selection}{change}}}".encode(), query="dry_run=true")
    yield evolve(case, name="every config, stored", body=f'{{"all":true{change}}}'.encode())
    yield from plain(case)


def announced(case: Case) -> Iterator[Case]:
    yield from (evolve(each, query="") for each in selected(case, ""))


def tagged(case: Case) -> Iterator[Case]:
    tags = json.dumps([f"{number:02}" + "t" * 61 for number in range(32)])
    yield from selected(case, f',"add":{tags},"note":{json.dumps("ä" * 500)}')
    yield evolve(case, name="100,000 tags", body=json.dumps({"all": True, "add": ["t"] * 100_000}).encode())
    yield evolve(case, name="a tag too many", body=b'{"all":true,"add":["t"]}')


def tags_imported(case: Case) -> Iterator[Case]:
    ndjson = {"Content-Type": "application/x-ndjson"}
    tags = json.dumps([f"{number:02}" + "t" * 61 for number in range(32)])
    long = f'"tags":{tags},"note":{json.dumps("ä" * 500, ensure_ascii=False)}'
    for name, lines in {
        "20,000 devices with 32 tags each": (f'{{"mac_address":"{mac(n)}",{long}}}' for n in range(20_000)),
        "50,000 devices that do not exist": (f'{{"mac_address":"{mac(2**34 - n)}"}}' for n in range(50_000)),
        "50,000 records of one device": (f'{{"mac_address":"{mac(1)}"}}' for _ in range(50_000)),
        "400,000 malformed records": ("{" for _ in range(400_000)),
    }.items():
        body = "\n".join(lines).encode()
        for query in ("dry_run=true", "keep_going=true"):
            yield evolve(case, name=f"{name}, {query}", headers=ndjson, body=body, query=query)
    yield evolve(case, name="one line of 60 MB", headers=ndjson, body=b"x" * 60_000_000)
    yield evolve(case, name="60 MB of line ends", headers=ndjson, body=b"\n" * 60_000_000)


def undone(case: Case) -> Iterator[Case]:
    """Every config has the id of this change."""
    for query in ("dry_run=true", "keep_going=true"):
        yield evolve(case, name=f"a change of every config, {query}", query=query)
    yield from with_message(case)
    yield from plain(case)


def with_member(name: str) -> Callable[[Case], Iterator[Case]]:
    """Any JSON as this member of the body."""

    def inputs(case: Case) -> Iterator[Case]:
        for kind, text in bodies():
            yield evolve(case, name=kind, body=f'{{"{name}":{text}}}'.encode())
        yield from plain(case)

    return inputs


FORM: Final = "multipart/form-data"
WORST: Final[dict[tuple[str, str], Callable[[Case], Iterator[Case]]]] = {
    ("GET", "/api/assets"): plain,
    ("POST", "/api/assets"): uploaded,
    ("GET", "/api/assets/{name}"): plain,
    ("DELETE", "/api/assets/{name}"): plain,
    ("GET", "/api/configs/{mac}.json"): plain,
    ("GET", "/"): plain,
    ("GET", "/bulk"): plain,
    ("GET", "/labels"): plain,
    ("GET", "/files"): plain,
    ("GET", "/pictures"): plain,
    ("GET", "/layers"): plain,
    ("GET", "/layers/{name}"): plain,
    ("GET", "/changes"): plain,
    ("GET", "/new-boards"): plain,
    ("GET", "/deleted"): plain,
    ("GET", "/health"): plain,
    ("GET", "/access"): plain,
    ("GET", "/devices/{mac}"): plain,
    ("GET", "/static/{name}"): plain,
    ("GET", "/api/configs"): searched,
    ("POST", "/api/configs"): with_content,
    ("PUT", "/api/configs/by-mac/{mac}"): with_content,
    ("GET", "/api/configs/export"): plain,
    ("POST", "/api/configs/import"): imported,
    ("POST", "/api/configs/patch"): patched,
    ("POST", "/api/configs/announce"): announced,
    ("GET", "/api/changes"): logged,
    ("GET", "/api/events"): streamed,
    ("POST", "/api/changes/{change}/undo"): undone,
    ("GET", "/api/devices"): devices,
    ("GET", "/api/devices/{mac}"): plain,
    ("GET", "/api/devices/{mac}/evidence"): listed,
    ("GET", "/api/devices/{mac}/document"): explained,
    ("POST", "/api/devices/{mac}/report"): with_member("reason"),
    ("GET", "/api/new-devices"): listed,
    ("POST", "/api/new-devices/{mac}/adopt"): with_content,
    ("POST", "/api/devices"): with_content,
    ("DELETE", "/api/devices/{mac}"): plain,
    ("POST", "/api/devices/tags"): tagged,
    ("GET", "/api/devices/tags/export"): plain,
    ("POST", "/api/devices/tags/import"): tags_imported,
    ("PUT", "/api/devices/{mac}/tags/{tag}"): plain,
    ("DELETE", "/api/devices/{mac}/tags/{tag}"): plain,
    ("PUT", "/api/devices/{mac}/note"): with_member("note"),
    ("DELETE", "/api/devices/{mac}/note"): plain,
    ("GET", "/api/tags"): listed,
    ("GET", "/api/layers"): listed,
    ("POST", "/api/layers"): with_layer,
    ("POST", "/api/layers/order"): layers_ordered,
    ("GET", "/api/layers/{name}"): plain,
    ("PUT", "/api/layers/{name}"): with_layer,
    ("PATCH", "/api/layers/{name}"): with_layer_patch,
    ("DELETE", "/api/layers/{name}"): lambda case: plain(evolve(case, query="dry_run=true")),
    ("GET", "/api/recompositions"): listed,
    ("GET", "/api/recompositions/{change}"): plain,
    ("GET", "/api/layers/{name}/revisions"): listed,
    ("GET", "/api/layers/{name}/revisions/{number}"): plain,
    ("GET", "/api/layers/{name}/diff"): compared,
    ("POST", "/api/layers/{name}/rollback"): reverted,
    ("GET", "/api/models"): plain,
    ("GET", "/api/models/{name}"): plain,
    ("PUT", "/api/models/{name}"): with_member("schema"),
    ("DELETE", "/api/models/{name}"): plain,
    ("POST", "/api/devices/validate"): with_member("schema"),
    ("PUT", "/api/devices/{mac}/model"): with_member("model"),
    ("DELETE", "/api/devices/{mac}/model"): plain,
    ("GET", "/api/secrets"): listed,
    ("PUT", "/api/secrets/{name}"): with_member("value"),
    ("DELETE", "/api/secrets/{name}"): plain,
    ("GET", "/api/tokens"): listed,
    ("POST", "/api/tokens"): with_member("name"),
    ("DELETE", "/api/tokens/{name}"): plain,
    ("GET", "/api/device-tokens"): listed,
    ("POST", "/api/device-tokens"): with_member("mac_address"),
    ("DELETE", "/api/device-tokens/{mac}"): plain,
    ("GET", "/api/notifications"): listed,
    ("POST", "/api/notifications/retry"): plain,
    ("GET", "/api/configs/{segment}"): plain,
    ("PUT", "/api/configs/{segment}"): with_content,
    ("PATCH", "/api/configs/{segment}"): with_merge,
    ("DELETE", "/api/configs/{segment}"): lambda case: plain(evolve(case, path="/api/configs/99")),
    ("POST", "/api/configs/{segment}/announce"): plain,
    ("GET", "/api/configs/{segment}/diff"): compared,
    ("POST", "/api/configs/{segment}/replace-device"): with_message,
    ("GET", "/api/configs/{segment}/revisions"): listed,
    ("GET", "/api/configs/{segment}/revisions/{number}"): plain,
    ("POST", "/api/configs/{segment}/rollback"): reverted,
    ("GET", "/api/deleted-configs"): listed,
    ("POST", "/api/deleted-configs/{segment}/restore"): with_message,
    ("GET", "/api/docs"): plain,
    ("GET", "/api/docs/style.css"): plain,
    ("GET", "/api/docs/openapi.json"): plain,
    ("GET", "/api/openapi.json"): plain,
    ("GET", "/api/health"): plain,
    ("GET", "/api/health/live"): plain,
    ("GET", "/api/health/ready"): plain,
    ("GET", "/api/images/lvgl"): plain,
    ("GET", "/api/auth/callback"): plain,
    ("GET", "/api/auth/login"): plain,
    ("GET", "/api/auth/logout"): plain,
    ("GET", "/api/auth/self"): plain,
    ("GET", "/api/auth/session"): plain,
    ("POST", "/api/auth/session"): with_member("token"),
    ("DELETE", "/api/auth/session"): plain,
    ("POST", "/api/auth/terminal"): plain,
    ("POST", "/api/auth/terminal/token"): plain,
    ("GET", "/metrics"): plain,
}
