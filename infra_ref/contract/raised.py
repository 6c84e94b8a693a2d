"""How a rule says that something must be refused."""

from __future__ import annotations

from typing import Generic, TypeVar

E = TypeVar("E", bound=Exception)


class raised(Generic[E]):
    """Hold a block to raising this kind of exception; gives a list that has it, once it was raised.

        with raised(EventsNotPublished) as errors:
            await unit.commit()
        assert len(errors[0].events) == 1

    Raises AssertionError when nothing was raised. Another kind passes through, and shows as it is.
    """

    def __init__(self, kind: type[E]) -> None:
        self._kind = kind
        self._caught: list[E] = []

    def __enter__(self) -> list[E]:
        return self._caught

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        if error is None:
            raise AssertionError(f"expected {self._kind.__name__} to be raised, and nothing was")
        if not isinstance(error, self._kind):
            return False
        self._caught.append(error)
        return True
