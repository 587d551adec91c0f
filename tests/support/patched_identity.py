"""A process patched by gevent, as a worker is, in which many greenlets verify tokens of one provider.

`python -m tests.support.patched_identity ISSUER CLIENT_ID TOKEN SECONDS` prints
how often another greenlet ran during the calls, and then the result of each call.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402 - nothing may come before the patch
from collections import Counter  # noqa: E402
from datetime import UTC, datetime  # noqa: E402

import gevent  # noqa: E402

from iotconfig.adapters.oidc.provider import OidcIdentityProvider  # noqa: E402
from iotconfig.adapters.oidc.registration import Registration  # noqa: E402
from iotconfig.domain.errors import IotConfigError  # noqa: E402

_CROWD = 50


def main(issuer: str, client_id: str, token: str, seconds: str) -> None:
    identity = OidcIdentityProvider(
        Registration(issuer, client_id), lambda: datetime.now(UTC), float(seconds)
    )

    def call() -> str:
        try:
            return identity.principal_of(token).subject
        except IotConfigError as error:
            return error.code

    crowd = [gevent.spawn(call) for _ in range(_CROWD)]
    turns = 0
    while not all(greenlet.ready() for greenlet in crowd):
        gevent.sleep(0.005)
        turns += 1
    print(turns)  # noqa: T201
    print(*Counter(greenlet.get() for greenlet in crowd).items())  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
