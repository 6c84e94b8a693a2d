"""What every refusal can tell."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from infra_ref.failures import Failure, Refused


@dataclass(frozen=True, slots=True)
class EmailTaken(Failure):
    email: str


@dataclass(frozen=True, slots=True)
class Busy(Failure):
    retryable: ClassVar[bool] = True
    doing: str

    def __str__(self) -> str:
        return f"could not {self.doing}"


def test_a_failure_is_not_retryable_unless_its_class_says_so() -> None:
    assert (EmailTaken("a@b.test").retryable, Busy("get").retryable) == (False, True)


def test_its_own_fields_come_first_and_the_shared_ones_by_name() -> None:
    busy = Busy("get", retry_after=2.0, cause=OSError("down"))
    assert (busy.doing, busy.retry_after, type(busy.cause)) == ("get", 2.0, OSError)


def test_the_cause_is_in_neither_repr_nor_text_for_it_may_hold_a_secret() -> None:
    failure = EmailTaken("a@b.test", cause=OSError("password=hunter2"))
    assert "hunter2" not in f"{failure} {failure!r} {Refused(failure)} {Refused(failure)!r}"


def test_failures_are_compared_by_what_went_wrong() -> None:
    assert Busy("get", retry_after=1.0, cause=OSError()) == Busy("get")
    assert len({Busy("get", retry_after=1.0), Busy("get"), Busy("set")}) == 2


def test_a_failure_cannot_be_changed_and_can_be_copied() -> None:
    with pytest.raises(AttributeError):
        Busy("get").doing = "set"  # type: ignore[misc]  # on purpose
    assert replace(Busy("get"), retry_after=3.0).retry_after == 3.0


def test_a_refusal_carries_its_failure_to_another_process() -> None:
    refused = pickle.loads(pickle.dumps(Refused(Busy("get", retry_after=2.0))))
    assert (refused.failure, refused.failure.retry_after) == (Busy("get"), 2.0)
    assert str(refused) == "could not get"
