"""Prints docs/access.md from the route table: `python docs/render_access.py > docs/access.md`."""

from __future__ import annotations

from collections.abc import Iterator

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.openapi.document import path_of
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.adapters.http.routing import RouteTable
from iotconfig.domain.access.principal import Role

_HEAD = """\
# Access

`IOTCONFIG_AUTH=on` turns authentication on; `OIDC_ENABLED=true` implies it. While it is off,
every caller is the local administrator, and the service is reachable from this machine only.
Creating a token does not turn authentication on.

People sign in with an identity provider ([OpenID Connect](oidc.md)) or, in a browser, with an API token; programs
use API tokens:

```console
$ export IOTCONFIG_AUTH=on
$ iotconfig upgrade-db
$ TOKEN=$(iotconfig token create home-assistant --role viewer --expires 365d)
$ echo "Authorization: Bearer $TOKEN" | curl -H @- http://127.0.0.1:8080/api/configs
$ iotconfig token list
$ iotconfig token revoke home-assistant
```

curl reads the header from its input (`-H @-`), because all users of a machine can read the arguments of
programs. A token is shown once and stored as a digest. Its name is the author of the changes made with
it, and is never given again, not even after the token was revoked. A revoked token is refused from the
next request on. `LAST USED` is accurate to the minute.

This table is printed by `docs/render_access.py` from the route table of the app; a route
that is not in it is closed.

| route | method | everyone | device | viewer | asset-uploader | admin |
| --- | --- | --- | --- | --- | --- | --- |"""

_TAIL = """
Without credentials the answer is 401, without the role 403. HEAD needs the same access as GET; the
routes of sign-in and sign-out have no HEAD. OPTIONS is public and lists the methods. An upload needs
the role and a signature; while authentication is off, the signature alone.

## Devices

`IOTCONFIG_DEVICE_AUTH` controls access to the routes of devices:

| value | what a device may do |
| --- | --- |
| `off` | fetch without a token (default); tokens are ignored |
| `optional` | fetch without a token; a token must be valid, and gives access to its own document only |
| `required` | fetch with its own token only; administrators and viewers may fetch, too |

```console
$ iotconfig device-token create aa:bb:cc:dd:ee:ff     # prints the address and the token, once
$ iotconfig device-token create --all > tokens.txt    # for every config whose device has none
$ iotconfig device-token create --replace aa:bb:cc:dd:ee:ff
$ iotconfig device-token revoke aa:bb:cc:dd:ee:ff
```

The device sends the token as `Authorization: Bearer iotd_…`. The token of another device is
refused with 403, an invalid one with 401. A token belongs to a board: a replacement board
needs its own. While authentication is off, `required` protects the device route only: every caller who
reaches the service can read documents by its other routes, and `serve` warns about it at its start.

## Failed sign-ins

After ten failed sign-ins from one address in a minute
(`IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE`, in each worker) the next failure is answered with
429 and `Retry-After`. IPv6 addresses count per /64 network; the latest ten thousand sources are
remembered. Valid tokens are always accepted, so that neither a boot storm of ten thousand devices
behind one router nor one device with an outdated token locks others out; guessing 256 random
bits is hopeless at any rate. The callback of a sign-in is refused at once above the limit, because
checking it costs a database row and a request to the provider. So is a sign-in at a terminal; each that begins
counts as a failed one, and the provider is asked for its token at most once a second. Behind a reverse proxy, set
`IOTCONFIG_TRUSTED_PROXIES` to its address; otherwise all clients are one source.

## Browsers

A browser that signed in has one session: of the identity provider, or of an API token.

The session cookie of the provider is `HttpOnly` and `SameSite=Lax`; if `BASEURL` is https, it is also
`Secure` and bound to the host (`__Host-`). A second cookie, sent to
`/api/auth/logout` only, contains the ID token if both fit into a request: with it
the provider signs out without asking.

`POST /api/auth/session` takes an API token, once, and sets a cookie with the token's key, signed: it holds neither the token's
secret nor its role. It is `HttpOnly` and `SameSite=Strict`; `Secure` where the browser uses https; bound to the host if
`BASEURL` is https. It dies with the browser. Each request looks the token up, so that the session has its role, and ends when the
token is revoked or expires. `DELETE /api/auth/session` ends a session of either kind in this browser.

A change with a cookie, and signing in and out at `/api/auth/session`, must come
from a page of the service (`BASEURL`) or of an origin that `CORS_ORIGINS` lists, and
the browser must state the origin; `*` does not allow pages to use the cookie. A cookie takes
precedence over an `Authorization` header; the provider's is valid as long as the token in it. Signing out
deletes them in this browser. Cookies are shared between ports: over http, another program on the same host
that sets a cookie `access_token` or `token_session` interferes.

`IOTCONFIG_SECRET_KEY` signs sign-ins in progress, and the sessions of API tokens. Unless it is set, `serve` makes a new key at
each start, which ends these sessions; if several machines serve, set the same key on all of them."""


def _rows(table: RouteTable) -> Iterator[tuple[str, str, Access]]:
    for route in table:
        for method, operation in route.operations.items():
            yield route.path, method, operation.access


def render(table: RouteTable = ROUTES) -> str:
    """The page."""
    rows = []
    for path, method, access in sorted(_rows(table), key=lambda row: row[:2]):
        roles = access.roles
        everyone = {Access.PUBLIC: "yes", Access.DEVICE: "unless tokens are required"}.get(access, "")
        uploader = "yes" if Role.ASSET_UPLOADER in roles else everyone
        others = ["yes" if not roles or role in roles else "" for role in (Role.VIEWER, Role.ADMIN)]
        who = [everyone, "" if roles else "yes", others[0], uploader, others[1]]
        rows.append(f"| `{path_of(path)}` | {method} | {' | '.join(who)} |")
    return "\n".join([_HEAD, *rows, _TAIL])


if __name__ == "__main__":
    print(render())
