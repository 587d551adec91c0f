"""The composition root: connects adapters with the core. Each module makes one part from the settings.

`entrypoints/application.py` joins these parts to the HTTP API, and `entrypoints/services.py` to the use cases.
The names below are the ones that processes use.
"""

from .access import access_control, api_tokens, device_tokens, identity_provider
from .announcing import broker, notifications, relay_job
from .assets import assets, signature_verifier
from .bulk import helped_bulk
from .clock import utc_now
from .databases import database_maintenance, database_url, migrations, open_database
from .offload import offload
from .pictures import pictures

__all__ = [
    "access_control",
    "api_tokens",
    "assets",
    "broker",
    "database_maintenance",
    "database_url",
    "device_tokens",
    "helped_bulk",
    "identity_provider",
    "migrations",
    "notifications",
    "offload",
    "open_database",
    "pictures",
    "relay_job",
    "signature_verifier",
    "utc_now",
]
