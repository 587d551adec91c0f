"""A key of secrets for tests."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.encryption import new_key

KEY: Final = new_key()
SETTING: Final = {"IOTCONFIG_SECRETS_KEY": KEY}
