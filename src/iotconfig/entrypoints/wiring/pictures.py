"""Pictures from other servers."""

from __future__ import annotations

import atexit
from threading import BoundedSemaphore

from iotconfig.domain.pictures import AT_ONCE, HELD_BYTES, PictureService
from iotconfig.entrypoints.settings import Settings

from .clock import yield_turn


def pictures(settings: Settings) -> PictureService:
    """Pictures from other servers."""
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
