"""A real OpenID Connect provider over HTTP, which can rotate its keys, be away, hang, and talk nonsense.

`oidc-provider-mock` behind a front of ours, which has the device authorization grant besides. Its access tokens are opaque unless `jwt_access_tokens` is called.
"""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPConnection, HTTPSConnection
from secrets import token_hex
from ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER, SSLContext
from threading import Event, Lock, Thread
from time import time
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import flask
import oidc_provider_mock
from joserfc.jwk import Key, KeySet, RSAKey
from joserfc.jws import JWSRegistry, extract_compact, serialize_compact
from oidc_provider_mock._storage import Storage
from trustme import LeafCert
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .terminal_sign_ins import DEVICE_CODE, VERIFICATION, TerminalSignIns

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONFIGURATION: Final = "/.well-known/openid-configuration"
JWKS: Final = "/jwks"
AUTHORIZE: Final = "/oauth2/authorize"
TOKEN: Final = "/oauth2/token"
DEVICE_AUTHORIZATION: Final = "/oauth2/device"


class Provider:
    """One provider; a context manager that leaves no thread and no port behind."""

    client_id = "iotconfig"
    client_secret = "a: secret/with+signs%41"

    def __init__(self, certificate: LeafCert | None = None) -> None:
        """`certificate`: serve https with it."""
        self._lock = Lock()
        self._goes_on = Event()
        self._goes_on.set()
        self._app = oidc_provider_mock.app()
        self._storage = _storage_of(self._app)
        self._take_key()
        self._server: BaseWSGIServer | None = None
        self._context: SSLContext | None = None
        if certificate is not None:
            self._context = SSLContext(PROTOCOL_TLS_SERVER)
            certificate.configure_cert(self._context)
        self._port = 0
        self.reset()

    def reset(self) -> None:
        """Return to the initial state, without recorded or pending requests; the key and the users stay."""
        self.discovery: dict[str, Any] = {}
        """Members of the discovery document to change; None takes one away."""
        self.published: list[Key] = []
        """Keys to publish beside the current one."""
        self.authorizations: list[dict[str, str]] = []
        """The parameters with which browsers came to sign in."""
        self.exchanges: list[dict[str, str]] = []
        """The forms that came to the token endpoint."""
        self.credentials: list[str] = []
        """Their Authorization headers."""
        self.cookies: list[str] = []
        """The Cookie headers of all requests."""
        self.terminals = TerminalSignIns()
        """The sign-ins at terminals, and how they begin."""
        self.reshape: Callable[[dict[str, Any]], None] | None = None
        """Changes what the token endpoint answers."""
        self._answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self._paths: list[str] = []
        self.resume()
        if self._server is None:
            self.start()

    # Where it is, and whether.

    @property
    def issuer(self) -> str:
        return f"{'http' if self._context is None else 'https'}://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Accept connections, on the same port as before."""
        self._server = make_server(
            "127.0.0.1",
            self._port,
            self._answer,
            threaded=True,
            request_handler=_Quiet,
            ssl_context=self._context,
        )
        self._port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), name="provider")
        self._thread.start()

    def stop(self) -> None:
        """Refuse connections."""
        self.resume()
        if self._server is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    def hang(self) -> None:
        """Accept connections and requests, and answer none of them from now on."""
        self._goes_on.clear()

    def resume(self) -> None:
        """Answer again, pending requests first."""
        self._goes_on.set()

    def answer_with(self, path: str, body: object, status: int = 200, **headers: str) -> None:
        """Answer requests to `path` with this: bytes, or a value that is sent as JSON."""
        encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._answers[path] = (
            status,
            encoded,
            {name.replace("_", "-"): value for name, value in headers.items()},
        )

    def answer_as_it_should(self) -> None:
        """Undo `answer_with`."""
        self._answers.clear()

    def requests(self, path: str) -> int:
        """Return the number of requests to `path`, including unanswered ones."""
        with self._lock:
            return self._paths.count(path)

    # Its keys and tokens.

    @property
    def kid(self) -> str:
        """The id of the published key."""
        kid: str = _published(self.key)["kid"]
        return kid

    def rotate(self) -> None:
        """Sign with a new key from now on, and no longer publish the old one."""
        self._storage.jwk = type(self._storage.jwk).generate_key(is_private=True)
        self._take_key()

    def sign(self, claims: Mapping[str, Any], *, key: Key | None = None, **header: Any) -> str:
        """Return a JWT with these claims, signed by the current key or by `key`.

        By default, the header has RS256 and the id of the key; None removes a member.
        """
        return self.sign_bytes(json.dumps(claims).encode(), key=key, **header)

    def sign_bytes(self, payload: bytes, *, key: Key | None = None, **header: Any) -> str:
        """The same as `sign`, for a payload that is not claims."""
        key = key or self.key
        merged = {"alg": "RS256", "kid": _published(key)["kid"], **header}
        given = {name: value for name, value in merged.items() if value is not None}
        return serialize_compact(given, payload, key, registry=_Registry(strict_check_header=False))

    def claims(self, sub: str = "ada", **more: Any) -> dict[str, Any]:
        """Return the claims of an access token that is valid for five minutes; None removes a claim."""
        now = int(time())
        claims = {"iss": self.issuer, "sub": sub, "aud": self.client_id, "iat": now, "exp": now + 300, **more}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, sub: str = "ada", **more: Any) -> str:
        """Return a valid access token, with further or other claims."""
        return self.sign(self.claims(sub, **more))

    def _take_key(self) -> None:
        # Once for each key: to read a private one takes longer than to sign with it.
        self.key = RSAKey.import_key(self._storage.jwk.as_dict(is_private=True))
        """What it signs with now, private part and all."""

    # People.

    def set_user(self, sub: str, **claims: Any) -> None:
        """Set the claims of a user, such as `name`, `email`, `realm_access`."""
        self._storage.store_user(oidc_provider_mock.User(sub=sub, claims=claims))

    def sign_in(self, authorize_url: str, sub: str = "ada", *, deny: bool = False) -> str:
        """Act as the browser at `authorize_url`, sign in as `sub`, and return the URL of the redirect."""
        parts = urlsplit(authorize_url)
        form = urlencode({"action": "deny"} if deny else {"sub": sub}).encode()
        connection = HTTPConnection(parts.netloc, timeout=30)
        if parts.scheme == "https":
            connection = HTTPSConnection(parts.netloc, timeout=30, context=_trusting())
        try:
            connection.request(
                "POST",
                f"{parts.path}?{parts.query}",
                form,
                {"Content-Type": "application/x-www-form-urlencoded"},
            )
            answer = connection.getresponse()
            location = answer.headers["Location"]
            assert HTTPStatus.FOUND == answer.status, answer.read()
        finally:
            connection.close()
        assert location is not None
        return location

    def jwt_access_tokens(self, **claims: Any) -> None:
        """Issue access tokens that are JWTs, as Keycloak does, with these claims in addition to the user's."""

        def reshape(answer: dict[str, Any]) -> None:
            identity = claims_of(answer["id_token"])
            user = {name: value for name, value in identity.items() if name not in ("nonce", "at_hash")}
            answer["access_token"] = self.sign({**user, "typ": "Bearer", **claims})
            answer["id_token"] = self.sign({**identity, "at_hash": half_hash(answer["access_token"])})

        self.reshape = reshape

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Behind the port.

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        with self._lock:
            self._paths.append(path)
            self.cookies.append(environ.get("HTTP_COOKIE", ""))
            if path == AUTHORIZE:
                self.authorizations.append(dict(parse_qsl(environ["QUERY_STRING"])))
        self._goes_on.wait()
        more: dict[str, str] = {}
        if path in self._answers:
            status, body, more = self._answers[path]
        elif path == TOKEN:
            status, body = self._exchange(environ)
        elif path in (CONFIGURATION, JWKS):
            status, body = self._publish(path)
        elif path == DEVICE_AUTHORIZATION:
            status, body = self._begin_at_terminal(environ)
        elif path == VERIFICATION:
            status, body = self.terminals.verify(_fields(_form_of(environ)))
        else:
            answered: Iterable[bytes] = self._app(environ, start_response)
            return answered
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **more}
        start_response(f"{status} -", list(headers.items()))
        return [body]

    def _publish(self, path: str) -> tuple[int, bytes]:
        document: dict[str, Any]
        if path == JWKS:
            document = {"keys": [_published(key) for key in (self.key, *self.published)]}
        else:
            document = self._app.test_client().get(path, base_url=self.issuer).json
            document["device_authorization_endpoint"] = f"{self.issuer}{DEVICE_AUTHORIZATION}"
            document = {
                name: value for name, value in {**document, **self.discovery}.items() if value is not None
            }
        return 200, json.dumps(document).encode()

    def _exchange(self, environ: WSGIEnvironment) -> tuple[int, bytes]:
        form = _form_of(environ)
        fields = _fields(form)
        credentials = environ.get("HTTP_AUTHORIZATION", "")
        with self._lock:
            self.exchanges.append(fields)
            self.credentials.append(credentials)
        if fields.get("grant_type") == DEVICE_CODE:
            return self._finish_at_terminal(fields)
        if not credentials and "client_secret" not in fields:
            # The mock accepts any secret, but requires one.
            credentials = "Basic " + b64encode(f"{fields['client_id']}:any".encode()).decode()
        answer = self._app.test_client().post(
            TOKEN,
            base_url=self.issuer,
            data=form,
            content_type=environ["CONTENT_TYPE"],
            headers={"Authorization": credentials} if credentials else {},
        )
        document = answer.json
        if self.reshape is not None and answer.status_code == HTTPStatus.OK:
            self.reshape(document)
        return answer.status_code, json.dumps(document).encode()

    def _begin_at_terminal(self, environ: WSGIEnvironment) -> tuple[int, bytes]:
        with self._lock:
            self.credentials.append(environ.get("HTTP_AUTHORIZATION", ""))
        return self.terminals.begin(_fields(_form_of(environ)), f"{self.issuer}{VERIFICATION}")

    def _finish_at_terminal(self, fields: Mapping[str, str]) -> tuple[int, bytes]:
        sub = self.terminals.redeem(fields.get("device_code", ""))
        if isinstance(sub, bytes):
            return 400, sub
        user = self._storage.get_user(sub)
        claims = {} if user is None else user.claims
        document = {
            "access_token": token_hex(),
            "token_type": "Bearer",
            "id_token": self.token(sub, **claims),
        }
        if self.reshape is not None:
            self.reshape(document)
        return 200, json.dumps(document).encode()


def _form_of(environ: WSGIEnvironment) -> bytes:
    form: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    return form


def _fields(form: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(form.decode()).items()}


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified."""
    claims: dict[str, Any] = json.loads(extract_compact(token.encode()).payload)
    return claims


def half_hash(access_token: str) -> str:
    """The claim `at_hash` of an ID token signed with RS256."""
    return urlsafe_b64encode(sha256(access_token.encode()).digest()[:16]).rstrip(b"=").decode()


def _published(key: Key) -> dict[str, Any]:
    """The public part of a key, with its id."""
    (published,) = KeySet([key]).as_dict()["keys"]
    return dict(published)


def _storage_of(app: flask.Flask) -> Storage:
    """Return the storage of the provider, which only its requests can access."""
    with app.test_request_context():
        app.preprocess_request()
        return flask.g.oidc_provider_mock_storage


def _trusting() -> SSLContext:
    """Return a TLS context that accepts the provider's certificate."""
    context = SSLContext(PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = CERT_NONE
    return context


class _Registry(JWSRegistry):
    """Signs with every algorithm, without warnings."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name is Werkzeug's
        pass
