"""Pictures from other servers."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from threading import BoundedSemaphore, Lock

from attrs import define, field

from iotconfig.domain.pictures import AT_ONCE, HELD_BYTES, Picture, PictureService, TargetSize
from iotconfig.entrypoints.settings import Settings

from .clock import yield_turn


def pictures(settings: Settings) -> PictureService:
    """Pictures from other servers. Loads an HTTP client, and starts decoders at the first picture."""
    import ssl

    from iotconfig.adapters.outbound import AddressPolicy, OutboundClient
    from iotconfig.adapters.pictures.budget import MemoryBudget
    from iotconfig.adapters.pictures.decoder_pool import DecoderPool
    from iotconfig.adapters.pictures.decoder_protocol import Limits
    from iotconfig.adapters.pictures.fetcher import HttpPictureSource

    source = HttpPictureSource(
        OutboundClient(AddressPolicy(settings.content.pictures.networks), ssl.create_default_context()),
        settings.content.pictures.timeout,
        settings.content.pictures.max_bytes,
        yield_turn,
    )
    decoders = DecoderPool(
        Limits(
            settings.content.pictures.max_pixels,
            settings.content.pictures.max_bytes,
            settings.content.pictures.timeout,
        )
    )
    atexit.register(decoders.close)
    return PictureService(
        source,
        decoders,
        BoundedSemaphore(AT_ONCE),
        MemoryBudget(HELD_BYTES),
        settings.content.pictures.timeout,
    )


@define
class PicturesOnDemand:
    """`PictureUseCases` that makes its service at the first picture: most workers serve none, and the libraries are large."""

    _settings: Settings
    _service: PictureService | None = field(init=False, default=None)
    _making: Lock = field(init=False, factory=Lock, repr=False)

    def picture(self, url: str, headers: Mapping[str, str], box: TargetSize) -> Picture:
        return self.service().picture(url, headers, box)

    def service(self) -> PictureService:
        """The service, one for all threads."""
        with self._making:
            if self._service is None:
                self._service = pictures(self._settings)
            return self._service
