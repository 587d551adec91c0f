"""No secret is logged, in any setting or request and after any failure."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable

from sqlalchemy import make_url

from iotconfig.domain.access.principal import Role
from tests.support.api import created, new_mac
from tests.support.logs import log_lines, wait_for_line
from tests.support.mosquitto import Mosquitto
from tests.support.schema import execute
from tests.support.serving import Serve
from tests.support.tokens import api_token, device_token
from tests.support.wire import exchange

SECRETS = {
    name: f"s3cr3t-{name}-do-not-tell"
    for name in (
        "wifi",
        "broker",
        "header",
        "query",
        "cookie",
        "url",
        "member",
        "patch",
        "etag",
        "host",
        "database",
    )
}
BROKEN = {
    "sqlite": "CREATE TRIGGER broken BEFORE INSERT ON configs BEGIN SELECT RAISE(ABORT, 'broken'); END",
    "postgresql": """CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM NEW.content::integer; RETURN NEW; END $$""",
}


def break_inserts(database_url: str) -> None:
    """Make every creation of a config fail with an unexpected error; on PostgreSQL, the message contains its content."""
    execute(database_url, BROKEN[database_url.partition(":")[0]])
    if database_url.startswith("postgresql"):
        execute(
            database_url,
            "CREATE TRIGGER broken BEFORE INSERT ON configs FOR EACH ROW EXECUTE FUNCTION broken()",
        )


def _with_password(database_url: str) -> str:
    """The URL with a password, which the tests' server ignores; SQLite has none."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" or url.password:
        return database_url
    return url.set(password=SECRETS["database"]).render_as_string(hide_password=False)


def test_no_secret_is_logged(start_serve: Callable[..., Serve], database_url: str, broker: Mosquitto) -> None:
    """All kinds of failures at the most verbose level are covered."""
    serve = start_serve(
        _with_password(database_url),
        MQTT_URL=broker.url,
        MQTT_USERNAME="relay",
        MQTT_PASSWORD=SECRETS["broker"],
        IOTCONFIG_LOG_LEVEL="debug",
    )
    client = serve.client
    wifi = {"wifi": {"password": SECRETS["wifi"]}}
    headers = {
        "Authorization": f"Bearer {SECRETS['header']}",
        "Cookie": f"session={SECRETS['cookie']}",
        "If-Match": f'"{SECRETS["etag"]}"',
        "Content-Type": "application/json",
    }
    query = f"?message={SECRETS['query']}&token={SECRETS['query']}"
    config = created(client, wifi)
    path = f"/api/configs/{config['id']}"
    body = json.dumps({"content": wifi, SECRETS["member"]: SECRETS["member"]}).encode()
    answers = [
        client.request("PUT", f"{path}?message={SECRETS['query']}", json.dumps({"content": wifi}).encode(), headers),
        client.request("PUT", path, body, {"Content-Type": "application/json"}),
        client.request("PUT", path, body[:-9], {"Content-Type": "application/json"}),
        client.request("PATCH", path, json.dumps({"a": SECRETS["patch"]}).encode(), headers),
        client.request("GET", f"{path}{query}", headers=headers),
        client.request("GET", f"/api/{SECRETS['url']}/{SECRETS['url']}.json", headers=headers),
        client.request("GET", f"/api/configs/{SECRETS['url']}{query}", headers=headers),
        client.request("GET", f"/api/configs/{SECRETS['url']}.json", headers=headers),
        client.request("GET", "/api/configs", headers={"Host": SECRETS["host"]}),
        client.request("POST", f"/api/configs/import{query}", body, headers),
        client.request("POST", "/api/configs/import", body, {"Content-Type": "application/x-ndjson"}),
        exchange(client, f"GET /{SECRETS['url']} HTTP/9\r\nCookie: {SECRETS['cookie']}\r\n\r\n".encode()),
        exchange(client, f"GET / HTTP/1.1\r\nBad Header: {SECRETS['cookie']}\r\n\r\n".encode()),
    ]  # fmt: skip
    break_inserts(database_url)
    bug = client.send_json(
        "POST", f"/api/configs?message={SECRETS['query']}", {"mac_address": new_mac(), "content": wifi}
    )
    execute(database_url, "ALTER TABLE revision_counters RENAME TO gone")
    away = client.send_json("PUT", path, {"content": wifi})
    answers += [bug, away]
    for worker in serve.worker_pids():
        # Its stack and its state are dropped, and are not logged.
        subprocess.run(["kill", f"-{signal.SIGABRT.value}", str(worker)], check=True)
    wait_for_line(serve, logger="gunicorn.error")
    for answer in answers:
        wait_for_line(serve, request_id=answer.headers["x-request-id"], status=answer.status)

    assert [412, 400, 400, 415, 400, 404, 400, 400, 403] == [answer.status for answer in answers[:9]]
    assert (500, 503) == (bug.status, away.status)
    failure = wait_for_line(
        serve, request_id=bug.headers["x-request-id"], logger="iotconfig.adapters.http.problems"
    )
    assert "iotconfig.adapters.sql.engine.failures.DatabaseFault" == failure["error"]["type"]
    serve.stop()
    planted = [*SECRETS.values(), make_url(database_url).password or SECRETS["database"]]
    assert [] == [secret for secret in planted if secret in serve.output()]
    assert "Traceback" not in serve.output()
    log_lines(serve)


def test_no_credential_is_logged(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """Credentials of callers, valid or not, and those of the service at the identity provider."""
    mac = new_mac()
    api, device = api_token(sqlite_url, Role.ADMIN), device_token(sqlite_url, mac)
    secrets = {
        name: f"s3cr3t{name}" + "x" * 32 for name in ("key", "client", "code", "state", "picture", "upload")
    }
    serve = start_serve(
        sqlite_url,
        workers=1,
        IOTCONFIG_AUTH="on",
        IOTCONFIG_DEVICE_AUTH="optional",
        IOTCONFIG_SECRET_KEY=secrets["key"],
        OIDC_ENABLED="true",
        BASEURL="http://127.0.0.1:8080",
        # The provider is down: the log must not contain the request.
        OIDC_ISSUER_URL="http://127.0.0.1:1",
        OIDC_CLIENT_ID="iotconfig",
        OIDC_CLIENT_SECRET=secrets["client"],
        IOTCONFIG_LOG_LEVEL="debug",
    )
    client = serve.client
    held = {"mac_address": mac, "content": {}}
    jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
    form = f'--b\r\nContent-Disposition: form-data; name="signature"\r\n\r\n{secrets["upload"]}\r\n--b--\r\n'
    answers = [
        client.send_json("POST", "/api/configs", held, Authorization=f"Bearer {api}"),
        client.get(f"/api/configs/{mac}.json", Authorization=f"Bearer {device}"),
        client.get(f"/api/configs/{new_mac()}.json", Authorization=f"Bearer {device}"),
        client.get("/api/configs", Authorization=f"Bearer {api}0"),
        client.get(f"/api/configs/{mac}.json", Authorization=f"Bearer {device}0"),
        client.get("/api/configs", Authorization=f"Bearer {jwt}"),
        client.get("/api/configs", Cookie=f"access_token={jwt}"),
        client.get("/api/auth/login?redirect=/"),
        client.get(f"/api/auth/callback?code={secrets['code']}&state={secrets['state']}"),
        client.get(
            f"/api/images/lvgl?url=http://127.0.0.1:1/{secrets['picture']}&headers=X-Key",
            Authorization=f"Bearer {api}",
            X_Key=secrets["picture"],
        ),
        client.request(
            "POST",
            "/api/assets",
            form.encode(),
            {"Authorization": f"Bearer {api}", "Content-Type": "multipart/form-data; boundary=b"},
        ),
        *(
            client.send_json("POST", "/api/auth/session", {"token": token}, Sec_Fetch_Site="same-origin")
            for token in (api, f"{api}0", [api])
        ),
    ]
    for answer in answers:
        wait_for_line(serve, request_id=answer.headers["x-request-id"], status=answer.status)

    assert [201, 200, 403, 401, 401] == [answer.status for answer in answers[:5]]
    assert {502} == {answer.status for answer in answers[5:8]}
    assert [200, 401, 400] == [answer.status for answer in answers[-3:]]
    serve.stop()
    planted = [*secrets.values(), api, device, jwt]
    assert [] == [secret for secret in planted if secret in serve.output()]
    # No usable part of one is logged either.
    assert [] == [secret for secret in (api, device) if secret.rpartition("_")[2] in serve.output()]
    log_lines(serve)
