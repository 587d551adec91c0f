"""Client ids at the broker."""

from __future__ import annotations

from hashlib import sha256


def client_id_of(installation: str, prefix: str, job: str = "") -> str:
    """The client id of all relays of an installation that announce under a prefix, or of another job of it.

    It has 23 letters and digits, which every broker must accept (MQTT 5, section 3.1.3.1).
    It depends on the prefix, so that a copy of a database with another prefix is not
    taken for the original.
    """
    named = f"{installation}\n{prefix}\n{job}" if job else f"{installation}\n{prefix}"
    return f"iotconfig{sha256(named.encode()).hexdigest()[:14]}"
