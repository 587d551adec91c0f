"""Builders of the domain's values."""

from __future__ import annotations

import json
from typing import Final

import pytest
from attrs import evolve

from iotconfig.domain.configs import changes
from iotconfig.domain.configs.change import Change
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.revisions import UNSIGNED
from iotconfig.domain.configs.store import Store, UnitOfWork
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress

from .clocks import START

NO_IDS: Final = [
    pytest.param(0, id="0"),
    pytest.param(-1, id="-1"),
    pytest.param(99999, id="99999"),
    pytest.param(2**31, id="2^31"),
    pytest.param(2**63 - 1, id="2^63-1"),
    pytest.param(2**63, id="2^63"),
    pytest.param(10**30, id="10^30"),
]
"""Numbers that cannot be the id of a config."""


def mac(number: int) -> MacAddress:
    """A locally administered address that ends in `number`."""
    digits = f"02{number:010x}"
    return MacAddress.parse(digits)


def content(text: str = "{}", /, **members: object) -> ConfigContent:
    """Content with this text, or with these members."""
    return ConfigContent.parse(json.dumps(members) if members else text)


def add(
    store: Store, number: int, document: ConfigContent | None = None, revision: int | None = None
) -> Config:
    """Store a config for `mac(number)`, as the service would; by default under its next revision."""
    with store.writing() as work:
        counter = work.counters.lock(mac(number))
        created = changes.created(counter, document or content(), START)
        if revision is not None:
            created = evolve(created, config=evolve(created.config, revision=revision))
        return record(work, created)


def remove(store: Store, config: Config) -> None:
    """Remove a config, as the service would."""
    with store.writing() as work:
        record(work, changes.deleted(work.counters.lock(config.mac_address), config, START))


def record(work: UnitOfWork, change: Change) -> Config:
    """Record one change at `START`, unsigned, and return its config."""
    return work.record([change], UNSIGNED, START)[0]
