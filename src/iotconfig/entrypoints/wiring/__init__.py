"""The composition root: the one place that knows which adapters are joined.

A module for each thing that is joined; what the processes call is named here.
"""

from .access import identity_provider
from .announcing import broker, open_relay
from .assets import assets, signature_verifier
from .clock import utc_now
from .databases import database_url, looking_after, migrations, open_database
from .pictures import pictures
from .services import (
    open_api_tokens,
    open_device_tokens,
    open_fleet,
    open_history,
    open_notifications,
    open_service,
    open_store,
)
from .web import app_on, create_app, open_exposition

__all__ = [
    "app_on",
    "assets",
    "broker",
    "create_app",
    "database_url",
    "identity_provider",
    "looking_after",
    "migrations",
    "open_api_tokens",
    "open_database",
    "open_device_tokens",
    "open_exposition",
    "open_fleet",
    "open_history",
    "open_notifications",
    "open_relay",
    "open_service",
    "open_store",
    "pictures",
    "signature_verifier",
    "utc_now",
]
