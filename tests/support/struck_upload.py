"""An upload that kills its own process at a moment: `python -m tests.support.struck_upload MOMENT TIMESTAMP SIGNATURE`.

Moments: `claimed`, before the file gets its name, and `saved`, before the
transaction is committed. The database, the key and the upload are in the environment.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from unittest import mock

from iotconfig.adapters.asset_files.incoming import IncomingFile
from iotconfig.domain.assets.asset import Asset, AssetName
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services

save_as = IncomingFile.save_as


def main(moment: str, timestamp: str, signature: str, environ: Mapping[str, str]) -> None:
    """Upload; the moment `never` does not interrupt it."""

    def struck(incoming: IncomingFile, name: AssetName, uploaded_by: str | None) -> tuple[Asset, bool]:
        if moment == "saved":
            save_as(incoming, name, uploaded_by)
        if moment != "never":
            os.kill(os.getpid(), signal.SIGKILL)
        return save_as(incoming, name, uploaded_by)

    settings = Settings.from_environ(environ)
    with (
        open_services(settings) as services,
        mock.patch.object(IncomingFile, "save_as", struck),
        services.assets.upload() as upload,
    ):
        upload.give_timestamp(timestamp.encode())
        upload.give_signature(signature.encode())
        upload.give_file(AssetName("firmware.bin"), [b"new"])
        upload.finish()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], os.environ)
