"""Answers that carry JSON, and the validators that go with them."""

from __future__ import annotations

import falcon

from iotconfig.adapters.codec import to_json
from iotconfig.domain.configs.config import Config

from .requests.conditional import revision_tag


def send(resp: falcon.Response, answer: object) -> None:
    """Answer with the JSON of `answer`."""
    send_text(resp, to_json(answer))


def send_text(resp: falcon.Response, text: str) -> None:
    """Answer with JSON that is text already."""
    resp.content_type = falcon.MEDIA_JSON
    resp.data = text.encode()
    resp.set_header("Cache-Control", "private, no-cache")


def set_revision_headers(resp: falcon.Response, config: Config) -> None:
    """Say which revision of which config the answer is about."""
    resp.context.mac_address = str(config.mac_address)
    resp.set_header("ETag", revision_tag(config.revision))
    resp.set_header("Cache-Control", "private, no-cache")


def send_config(resp: falcon.Response, config: Config) -> None:
    """Answer with a config."""
    send(resp, config)
    set_revision_headers(resp, config)


def send_created(resp: falcon.Response, config: Config) -> None:
    """Answer with a config that was not there before."""
    send_config(resp, config)
    resp.status = falcon.HTTP_201
    resp.set_header("Location", f"/api/configs/{config.id}")
