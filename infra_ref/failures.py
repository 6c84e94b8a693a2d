"""`Failure`: what a caller learns from every refusal, whichever pattern it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why something was not done, as a value: the base of every error that a port returns in an `Err`.

    `retryable` is whether the same call may succeed later. `retry_after` is the
    number of seconds after which to try again, None where it is not known. `cause` is
    the exception behind it, for a debugger: its text may hold secrets. Both are
    left out of repr and comparison.

    >>> @dataclass(frozen=True, slots=True)
    ... class EmailTaken(Failure):
    ...     email: str
    >>> EmailTaken("ann@shop.test").retryable
    False
    """

    retry_after: float | None = field(default=None, repr=False, compare=False)
    cause: BaseException | None = field(default=None, repr=False, compare=False)
    retryable: ClassVar[bool] = False


class Refused(Exception):
    """A failure on its way up where no Result can carry it; `failure` holds it.

    The message is the failure's own text, which holds no secret.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure

    def __reduce__(self) -> tuple[type[Refused], tuple[Failure]]:
        return type(self), (self.failure,)
