"""Files of a Mosquitto for one test: passwords, rules and certificates."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import trustme
from attrs import frozen

_ROUNDS = 101


def password_file(directory: Path, **passwords: str) -> str:
    """Return the line of mosquitto.conf that admits these users with these passwords."""
    salt = b"twelve bytes"
    lines = []
    for user, password in passwords.items():
        digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
        spelled = "$".join(["", "7", str(_ROUNDS), *(base64.b64encode(b).decode() for b in (salt, digest))])
        lines.append(f"{user}:{spelled}\n")
    path = _private(directory / "passwords", "".join(lines))
    return f"password_file {path}"


def denying(directory: Path, *topics: str) -> str:
    """Return the line of mosquitto.conf that lets all users read and write all topics except these."""
    rules = ["topic readwrite #", *(f"topic deny {topic}" for topic in topics), ""]
    path = _private(directory / "rules", "\n".join(rules))
    return f"acl_file {path}"


@frozen
class Certificates:
    """The certificate of a broker, and the file of the authority that signed it."""

    ca_file: Path
    options: tuple[str, ...]
    """The lines of mosquitto.conf."""

    @classmethod
    def issue(cls, directory: Path, host: str = "127.0.0.1") -> Certificates:
        """Issue a certificate for a broker with the name `host`."""
        authority = trustme.CA()
        certificate = authority.issue_cert(host)
        ca_file, chain, key = (directory / name for name in ("ca.pem", "chain.pem", "key.pem"))
        authority.cert_pem.write_to_path(ca_file)
        for blob in certificate.cert_chain_pems:
            blob.write_to_path(chain, append=True)
        certificate.private_key_pem.write_to_path(key)
        return cls(ca_file, (f"certfile {chain}", f"keyfile {key}"))


def _private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path
