"""Bulk use cases of a worker: large ones run in a helper process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from attrs import evolve

from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.tag_use_cases import TagUseCases
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.layering.service import LayerService
from iotconfig.domain.layering.undoing import undo_layers
from iotconfig.domain.offload import Offload
from iotconfig.entrypoints.settings import Settings

from .clock import is_thread_shared, utc_now, yield_turn

if TYPE_CHECKING:
    from iotconfig.adapters.bulk_helper import HelpedBulkService

_MARGIN = 60.0

_READ: Final = frozenset(
    {
        "HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "NO_COLOR", "PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR", "TZ",
        "IOTCONFIG_DATABASE_FILE",
    }
)  # fmt: skip
_READ_ALL: Final = ("LC_", "PG", "SSL_CERT_", "IOTCONFIG_DB_", "IOTCONFIG_LOG_")
"""Prefixes of further variables that a helper reads; libpq reads those with PG."""


def bulk(layers: LayerService, max_content_bytes: int, offload: Offload) -> BulkService:
    """The bulk use cases, in this process; they yield to other requests of their thread. They undo changes of layers, too."""
    service = BulkService(
        layers.store, utc_now, max_content_bytes, offload=offload, undo_others=partial(undo_layers, layers)
    )
    return evolve(service, yield_turn=yield_turn) if is_thread_shared() else service


def helped_bulk(settings: Settings, bulk: BulkService) -> HelpedBulkService:
    """`bulk`, but large imports and patches run in a helper process, so that the worker goes on serving devices."""
    from iotconfig.adapters.bulk_helper import HelpedBulkService

    return HelpedBulkService(
        bulk,
        [sys.executable, "-P", "-m", "iotconfig.entrypoints.bulk_helper"],
        _environ(os.environ),
        # The value in use: a file that has it (DATABASE_URL_FILE) may have changed.
        secrets={
            "DATABASE_URL": settings.database.url,
            "IOTCONFIG_SECRETS_KEY": ",".join(settings.secrets.keys),
        },
        silence=settings.database.timeouts.bulk + _MARGIN,
    )


def helped_tags(tags: TagService, helped: HelpedBulkService) -> TagUseCases:
    """`tags`, but large changes of tags and notes run in a helper process, too."""
    from iotconfig.adapters.bulk_helper import HelpedTagService

    return HelpedTagService(tags, helped)


def _environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that a helper reads. Of the secrets it gets those of the database and its keys, through its standard input."""
    needed = {name: value for name, value in environ.items() if name in _READ or name.startswith(_READ_ALL)}
    return needed | {"IOTCONFIG_DB_POOL_SIZE": "1"}
