"""`FernetCipher`: keys, their change, and what is refused."""

from __future__ import annotations

import pytest

from iotconfig.adapters.encryption import FernetCipher, new_key
from iotconfig.domain.errors import SecretsLocked, Unprocessable
from iotconfig.domain.secrets.ciphers import NO_KEYS

OLD, NEW = new_key(), new_key()


def test_a_text_comes_back() -> None:
    """Each ciphertext differs, and none shows the text."""
    cipher = FernetCipher([OLD])
    first, second = cipher.encrypt("päss"), cipher.encrypt("päss")

    assert first != second
    assert ("päss", "päss") == (cipher.decrypt(first), cipher.decrypt(second))
    assert first.isascii()


def test_a_key_is_changed_in_steps() -> None:
    """The first key encrypts, all of them decrypt."""
    before = FernetCipher([OLD]).encrypt("value")
    both = FernetCipher([NEW, OLD])

    assert "value" == both.decrypt(before)
    assert "value" == FernetCipher([NEW]).decrypt(both.encrypt("value"))


CHANGED = FernetCipher([OLD]).encrypt("value")[:-4] + "AAA="


@pytest.mark.parametrize(
    "ciphertext", ["", "gAAAA", "ü", CHANGED], ids=["empty", "short", "other", "changed"]
)
def test_what_another_key_encrypted_is_refused(ciphertext: str) -> None:
    """As is what somebody has changed: the error says neither key nor text."""
    with pytest.raises(SecretsLocked, match="IOTCONFIG_SECRETS_KEY has not the key") as refused:
        FernetCipher([OLD]).decrypt(ciphertext)
    assert OLD not in str(refused.value)
    with pytest.raises(SecretsLocked, match="has not the key"):
        FernetCipher([NEW]).decrypt(FernetCipher([OLD]).encrypt("value"))


def test_without_a_key_there_are_no_secrets() -> None:
    """The error names the setting, and what makes a key."""
    with pytest.raises(
        Unprocessable, match="set IOTCONFIG_SECRETS_KEY, to what 'iotconfig secret new-key' prints"
    ):
        NO_KEYS.encrypt("value")
    with pytest.raises(SecretsLocked, match="IOTCONFIG_SECRETS_KEY is not set"):
        NO_KEYS.decrypt("gAAAA")


def test_keys_are_not_shown() -> None:
    """Neither in a `repr` nor in a traceback that prints one."""
    assert OLD not in repr(FernetCipher([OLD]))
