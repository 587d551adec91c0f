"""The composition root: connects adapters with the core. Each module makes one part from the settings.

`services.py` joins these parts to the use cases on one database, `application.py` to the HTTP API, and
`jobs.py` lists the background jobs. Outside of this package, a process imports only the adapter that it
runs (the commands, gunicorn), and settings take defaults from adapters. The names below are the ones that processes use.
"""

from .access import identity_provider
from .announcing import broker, relay_job
from .assets import assets, signature_verifier
from .backends import backend, backend_at
from .clock import utc_now
from .databases import migrations, open_database
from .jobs import jobs
from .pictures import pictures
from .subscribing import reads_messages
from .transfers import shared_slots
from .web_app import has_web_app

__all__ = [
    "assets",
    "backend",
    "backend_at",
    "broker",
    "has_web_app",
    "identity_provider",
    "jobs",
    "migrations",
    "open_database",
    "pictures",
    "reads_messages",
    "relay_job",
    "shared_slots",
    "signature_verifier",
    "utc_now",
]
