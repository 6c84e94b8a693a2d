"""Every rule has a broken storage that fails it, and fails no other."""

from __future__ import annotations

from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.file_storage.contracts.encrypting_contract import EncryptingFilesContract
from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from infra_ref.result import Err, Ok
from infra_ref.security.aead_sealer import AeadSealer
from infra_ref.security.errors import NotOpened
from tests.file_storage.broken import BROKEN, FollowsLinks, Model, ModelBench
from tests.file_storage.test_encrypting_file_storage_contract import TestHidesFiles as HidesBench
from tests.file_storage.test_local_file_storage_contract import TestLocalFileStorage as LocalBench


def of(kind: Any) -> type[ModelBench]:
    return type("Held", (ModelBench,), {"kind": kind})


def test_the_model_keeps_every_rule() -> None:
    report = run(of(Model).verify())
    assert (report.broken, report.exempt) == ((), ("FILE-25",)), report


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_storage_fails_its_own_rule(number: str) -> None:
    report = run(of(BROKEN[number]).verify())
    assert report.broken == (number,), report


def test_one_that_follows_links_fails_their_rule() -> None:
    class Held(LocalBench):
        kind = FollowsLinks

    assert run(Held.verify()).broken == ("FILE-25",)


def test_no_rule_is_without_one() -> None:
    assert sorted([*BROKEN, "FILE-25"]) == [one.number for one in FileStorageContract.rules()]


class Sealed(AeadSealer):
    """Has no fault of its own."""

    def seal(self, plain: bytes, *, context: bytes = b"") -> bytes:
        return super().seal(plain, context=self.seen(context))

    def open(self, sealed: bytes, *, context: bytes = b"") -> Any:
        return super().open(sealed, context=self.seen(context))

    def seen(self, context: bytes) -> bytes:
        return context


class Readable(Sealed):
    def seal(self, plain: bytes, *, context: bytes = b"") -> bytes:
        return super().seal(plain, context=context) + plain

    def open(self, sealed: bytes, *, context: bytes = b"") -> Any:
        half = (len(sealed) + 33) // 2
        opened = super().open(sealed[:half], context=context)
        return opened if isinstance(opened, Ok) and opened.value == sealed[half:] else Err(NotOpened())


class OfAnyPath(Sealed):
    def seen(self, context: bytes) -> bytes:
        return context.partition(b"\0")[2]


class OpensNothing(Sealed):
    def open(self, sealed: bytes, *, context: bytes = b"") -> Any:
        return super().open(sealed, context=context) if sealed else Ok(b"")


class InAnyPlace(Sealed):
    def seen(self, context: bytes) -> bytes:
        return context.partition(b"\0")[0]


class OneKeyForAll(Sealed):
    def __init__(self, keys: Any) -> None:
        super().__init__([b"k" * 32])


class NewestOnly(Sealed):
    def __init__(self, keys: Any) -> None:
        super().__init__(keys[:1])


SEALERS = {
    "HIDDEN-01": Readable,
    "HIDDEN-02": OfAnyPath,
    "HIDDEN-03": OpensNothing,
    "HIDDEN-04": InAnyPlace,
    "HIDDEN-05": OneKeyForAll,
    "HIDDEN-06": NewestOnly,
}


@pytest.mark.parametrize("number", [one.number for one in EncryptingFilesContract.rules()])
def test_a_broken_encryption_fails_its_own_rule(number: str) -> None:
    report = run(type("Held", (HidesBench,), {"sealer": SEALERS[number]}).verify())
    assert report.broken == (number,), report


LocalBench.__test__ = HidesBench.__test__ = False  # it is tested where it comes from
