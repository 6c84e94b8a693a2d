"""How a rule requires that something is refused."""

from __future__ import annotations

from typing import Generic, TypeVar

from infra_ref.contract.explain import Broken

E = TypeVar("E", bound=Exception)


class raised(Generic[E]):
    """Require that a block raises this kind of exception; gives a list that holds it afterwards.

        with raised(EventsNotPublished) as errors:
            await unit.commit()
        assert len(errors[0].events) == 1

    `doing` names the call and its input where a loop tries several. Breaks the rule
    when nothing was raised. Another kind of exception passes through, with `doing` as a note.
    """

    def __init__(self, kind: type[E], doing: str = "") -> None:
        self._kind, self._doing = kind, doing
        self._caught: list[E] = []

    def __enter__(self) -> list[E]:
        return self._caught

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        if error is None:
            seen = f"nothing was raised ({self._doing})" if self._doing else "nothing was raised"
            raise Broken(self._kind.__name__, seen, "raised(...)")
        if not isinstance(error, self._kind):
            if self._doing:
                error.add_note(self._doing)
            return False
        self._caught.append(error)
        return True
