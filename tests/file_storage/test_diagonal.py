"""Every rule has a broken storage that fails it, and fails no other."""

from __future__ import annotations

from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.file_storage.contracts.file_storage_contract import FileStorageContract
from tests.file_storage.broken import BROKEN, FollowsLinks, Model, ModelBench
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


LocalBench.__test__ = False  # it is tested where it comes from
