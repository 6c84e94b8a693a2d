"""`AeadSealer`: AES-256-GCM of the package `cryptography`, with keys that can be rotated."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra_ref.result import Err, Ok, Result
from infra_ref.security.errors import NotOpened

_VERSION = b"\x01"
_ID, _NONCE = 4, 12
_HEAD = len(_VERSION) + _ID + _NONCE


class AeadSealer:
    """A `Sealer`. `keys` are 32 bytes each, the newest first: `secrets.token_bytes(32)`.

    To rotate, put a new key in front, seal anew what is stored, then drop the old one. A key
    seals at most 2^32 values, for nonces are random (NIST SP 800-38D, section 8.3).

    Raises ValueError for no key, a key of another length and two keys that are the same.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != 32 for key in keys):
            raise ValueError("a sealer needs keys of 32 bytes each: secrets.token_bytes(32) makes one")
        self._keys = {_id(key): AESGCM(key) for key in keys}
        if len(self._keys) < len(keys):
            raise ValueError("two keys are the same: give each once, the newest first")
        self._newest = _id(keys[0])

    def seal(self, plain: bytes, *, context: bytes = b"") -> bytes:
        head = _VERSION + self._newest + os.urandom(_NONCE)
        return head + self._keys[self._newest].encrypt(head[-_NONCE:], plain, head + context)

    def open(self, sealed: bytes, *, context: bytes = b"") -> Result[bytes, NotOpened]:
        head, body = sealed[:_HEAD], sealed[_HEAD:]
        key = self._keys.get(head[1 : 1 + _ID])
        if key is None or len(head) < _HEAD or not head.startswith(_VERSION):
            return Err(NotOpened())
        try:
            return Ok(key.decrypt(head[-_NONCE:], body, head + context))
        except InvalidTag:
            return Err(NotOpened())


def _id(key: bytes) -> bytes:
    return hashlib.sha256(b"infra_ref key id" + key).digest()[:_ID]
