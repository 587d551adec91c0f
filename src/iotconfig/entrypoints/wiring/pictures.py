"""Pictures from elsewhere."""

from __future__ import annotations

import atexit

from iotconfig.domain.pictures import PictureService
from iotconfig.entrypoints.settings import Settings

from .clock import pause


def pictures(settings: Settings) -> PictureService:
    """Pictures from elsewhere."""
    import ssl

    from iotconfig.adapters.outbound import AddressPolicy, OutboundClient
    from iotconfig.adapters.pictures.decoder_pool import DecoderPool
    from iotconfig.adapters.pictures.decoder_protocol import Limits
    from iotconfig.adapters.pictures.fetcher import HttpPictureSource

    source = HttpPictureSource(
        OutboundClient(AddressPolicy(settings.picture_networks), ssl.create_default_context()),
        settings.picture_timeout,
        settings.max_picture_bytes,
        pause,
    )
    decoders = DecoderPool(
        Limits(settings.max_picture_pixels, settings.max_picture_bytes, settings.picture_timeout)
    )
    atexit.register(decoders.close)
    return PictureService(source, decoders, settings.picture_timeout)
