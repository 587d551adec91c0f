"""Prints docs/access.md from the route table: `python docs/render_access.py > docs/access.md`."""

from __future__ import annotations

from collections.abc import Iterator

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.openapi.document import path_of
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.domain.access.principal import Role

_HEAD = """\
# Who may do what

`IOTCONFIG_AUTH=on` asks everybody who they are; it is on by itself where
`OIDC_ENABLED=true`. While it is off, everybody is the local administrator, and the
service listens to this machine only. To create a token switches nothing on.

People sign in with an identity provider ([OpenID Connect](oidc.md)); programs, and
homes without a provider, use API tokens:

```console
$ export IOTCONFIG_AUTH=on
$ iotconfig upgrade-db
$ TOKEN=$(iotconfig token create home-assistant --role viewer --expires 365d)
$ echo "Authorization: Bearer $TOKEN" | curl -H @- http://127.0.0.1:8080/api/configs
$ iotconfig token list
$ iotconfig token revoke home-assistant
```

curl reads the header from its input (`-H @-`), since everybody on a machine can read the arguments of
its programs. A token is shown once, and stored as a digest. Its name signs the changes that are
made with it, and is given once: not again after it was revoked, either. It holds no
longer from the request on that follows its revocation. `LAST USED` is true to the
minute.

This table is printed by `docs/render_access.py` from the route table of the app; a route
that is not in it is closed.

| route | method | everyone | device | viewer | asset-uploader | admin |
| --- | --- | --- | --- | --- | --- | --- |"""

_TAIL = """
Without credentials the answer is 401, without the role 403. HEAD is as GET, but for
the routes that sign in and out, which have none; OPTIONS is for everyone, and tells
methods. An upload needs the role and the signature; while
authentication is off, the signature alone.

## Devices

The routes of devices are public, unless `IOTCONFIG_DEVICE_AUTH` says otherwise:

| value | what a device may do |
| --- | --- |
| `off` | fetch without a token (default); one that it sends is not looked at |
| `optional` | fetch without a token; one that it sends must hold, and opens its own document only |
| `required` | fetch with its own token only; an administrator or a viewer may look, too |

```console
$ iotconfig device-token create aa:bb:cc:dd:ee:ff     # prints the address and the token, once
$ iotconfig device-token create --all > tokens.txt    # for every config whose device has none
$ iotconfig device-token create --replace aa:bb:cc:dd:ee:ff
$ iotconfig device-token revoke aa:bb:cc:dd:ee:ff
```

The device sends it as `Authorization: Bearer iotd_…`. The token of another device is
refused with 403, one that does not hold with 401. A token belongs to a board: one
that takes the place of another needs its own. While authentication is off, `required`
keeps documents from devices only: whoever reaches the service reads them by its other
routes, and `serve` says so at its start.

## Failed sign-ins

After ten failed sign-ins from one address in a minute
(`IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE`, in each worker) the answer to the next that
fails is 429 with `Retry-After`. An IPv6 address counts as its /64, and the ten
thousand that failed last are remembered. A token that holds is let in all the same, so
that neither a boot storm of ten thousand devices behind one router nor one among them
with an old token keeps anybody out; to guess 256 random bits is no use at any rate. A
browser that comes back from the provider waits like those who fail: to look at it costs
a row, and a request to the provider. Behind a reverse proxy, set `IOTCONFIG_TRUSTED_PROXIES` to
its address, or all clients are one source.

## Browsers

The session cookie is `HttpOnly` and `SameSite=Lax`; where `BASEURL` is https, it is
`Secure` and bound to the very host (`__Host-`). A second cookie, sent to
`/api/auth/logout` only, holds the ID token where both fit into a request: with it
the provider signs out without asking. A change with the cookie must come
from a page of the service (`BASEURL`), or of an origin that `CORS_ORIGINS` names, and
the browser must say so; `*` allows no page to use the cookie. The cookie comes before an
`Authorization` header, and holds as long as the provider's token in it; to sign out
ends it in this browser. Cookies know no ports: over http, a program on the same host
that sets an `access_token` of its own is in the way.

`IOTCONFIG_SECRET_KEY` signs sign-ins on their way. `serve` makes one at each start; set
it, the same everywhere, where several machines serve."""


def _rows() -> Iterator[tuple[str, str, Access]]:
    for route in ROUTES:
        for method, operation in route.operations.items():
            yield route.path, method, operation.access


def render() -> str:
    """The page."""
    rows = []
    for path, method, access in sorted(_rows(), key=lambda row: row[:2]):
        roles = access.roles
        everyone = {Access.PUBLIC: "yes", Access.DEVICE: "unless tokens are required"}.get(access, "")
        uploader = "yes" if Role.ASSET_UPLOADER in roles else everyone
        others = ["yes" if not roles or role in roles else "" for role in (Role.VIEWER, Role.ADMIN)]
        who = [everyone, "" if roles else "yes", others[0], uploader, others[1]]
        rows.append(f"| `{path_of(path)}` | {method} | {' | '.join(who)} |")
    return "\n".join([_HEAD, *rows, _TAIL])


if __name__ == "__main__":
    print(render())
