"""`predict`: commit to an answer before the run, and be told after it.

    stampede = predict("caching/stampede-loads", "100 requests miss at once. How many loads?",
                       options=[1, 10, 100], answer=...)
    stampede

and, once it has run:

    stampede.reveal(loads, why="The second request does not know that the first one is loading.")

A learner replaces the `...`. What a learner writes is never an error: an answer
that cannot be one gets a note on what to write. What an author writes wrong is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from infra_ref.workbench.teaching import progress
from infra_ref.workbench.teaching.card import Tone, card, inline, lines, paragraph, paragraphs
from infra_ref.workbench.teaching.truths import truth

Outcome = Literal["right", "wrong", "not answered", "unreadable"]

_TONE: dict[Outcome, Tone] = {"right": "good", "wrong": "bad", "not answered": "open", "unreadable": "open"}


def predict(
    id: str,  # noqa: A002 - the field's word, and the first thing that stands in the call
    question: str,
    *,
    options: Sequence[Any] | None = None,
    answer: Any = ...,
    within: float | str | None = None,
    unit: str = "",
) -> Prediction:
    """Return a prediction, to be shown now and revealed after the run.

    `id` names it in all notebooks (`caching/stampede-loads`). With `options` the
    answer is one of them. With `within` it is a number, right when it is that
    close to what is seen: `within=5`, or `within="20%"` of what is seen. `unit`
    (`"s"`, `"loads"`) makes it a number too. Without any of them it is text, or
    a number where a number is seen. `answer=...` is not answered.

    Raises ValueError for a question that nobody could answer: no text, one option
    or none, an option twice, a `within` that is no distance.
    """
    _check_question(id, question, options, within)
    return Prediction(id, question, None if options is None else tuple(options), answer, within, unit)


@dataclass(frozen=True, slots=True)
class Prediction:
    """A question, and the answer that was committed to. `predict` makes it."""

    id: str
    question: str
    options: tuple[Any, ...] | None = None
    answer: Any = ...
    within: float | str | None = None
    unit: str = ""

    def reveal(self, seen: Any, *, why: str) -> Revealed:
        """Compare with what was first seen, and say why; notes the outcome for `infra-ref progress`."""
        seen = truth(self.id, seen)
        outcome, remark = self._judge(seen)
        progress.note_prediction(self.id, outcome, self._told(self.answer))
        return Revealed(self, seen, outcome, remark, why)

    @property
    def asks_for(self) -> str:
        """What to write, in words: `answer=1, answer=10 or answer=100`."""
        if self.options is not None:
            first, last = self.options[:-1], self.options[-1]
            return f"{', '.join(f'answer={one!r}' for one in first)} or answer={last!r}"
        if self._is_number:
            return f"answer= and a number{f' of {self.unit}' if self.unit else ''}, such as answer=10"
        return 'answer= and a number, or a few words in quotes: answer="..."'

    @property
    def _is_number(self) -> bool:
        return self.within is not None or bool(self.unit)

    @property
    def _unreadable(self) -> str:
        """Say why the answer cannot be one, or nothing if it can."""
        if self.answer is ...:
            return ""
        if self.options is not None and not any(_same(self.answer, one) for one in self.options):
            return f"{self.answer!r} is not one of the options"
        if self._is_number and _number(self.answer) is None:
            return f"{self.answer!r} is not a number"
        return ""

    def _judge(self, seen: Any) -> tuple[Outcome, str]:
        if self.answer is ...:
            return "not answered", ""
        if remark := self._unreadable:
            return "unreadable", remark
        target = _number(seen) if not isinstance(seen, str) else None
        if self.options is None and target is not None:
            guess = _number(self.answer)
            if guess is None:
                return "unreadable", f"{self.answer!r} is not a number, and a number was seen"
            return _near(guess, target, self.within)
        return ("right" if _same(self.answer, seen) else "wrong"), ""

    def _told(self, value: Any) -> str:
        return f"{value} {self.unit}" if self.unit and _number(value) is not None else _plain(value)

    def _state(self) -> str:
        if remark := self._unreadable:
            return f"{remark}: write {self.asks_for}, and run this cell again."
        if self.answer is ...:
            return f"Not answered yet: write {self.asks_for} in place of the dots, and run this cell again."
        return f"You say {self._told(self.answer)}. Run on."

    def __repr__(self) -> str:
        choices = "" if self.options is None else "   ".join(f"( ) {_plain(one)}" for one in self.options)
        return lines("plain", f"? {self.question}", choices, self._state())

    def _repr_html_(self) -> str:
        choices = (
            ""
            if self.options is None
            else " · ".join(f"<code>{inline(_plain(one))}</code>" for one in self.options)
        )
        return card(
            "plain", self.question, f"<p>{choices}</p>" if choices else "", f"<p>{inline(self._state())}</p>"
        )


@dataclass(frozen=True, slots=True)
class Revealed:
    """What became of a prediction: its `outcome`, what was `seen`, and why."""

    prediction: Prediction
    seen: Any
    outcome: Outcome
    remark: str
    why: str

    @property
    def _title(self) -> str:
        asked = self.prediction
        seen = asked._told(self.seen)
        match self.outcome:
            case "not answered":
                return f"Not answered. It was {seen}."
            case "unreadable":
                return f"Not an answer: {self.remark}. It was {seen}."
            case "right" if self.remark:
                return f"Right: you said {asked._told(asked.answer)}, it was {seen}, {self.remark}."
            case "right":
                return f"Right: {seen}."
            case "wrong":
                off = f", {self.remark}" if self.remark else ""
                return f"Not so: you said {asked._told(asked.answer)}, it was {seen}{off}."

    def __repr__(self) -> str:
        return lines(_TONE[self.outcome], self._title, *paragraphs(self.why))

    def _repr_html_(self) -> str:
        again = ""
        if self.outcome in ("not answered", "unreadable"):
            again = paragraph(f"To answer, write {self.prediction.asks_for}, and run both cells again.")
        return card(_TONE[self.outcome], self._title, paragraph(self.why), again)


def _check_question(
    name: str, question: str, options: Sequence[Any] | None, within: float | str | None
) -> None:
    if not re.fullmatch(r"[a-z0-9_-]+(/[a-z0-9_-]+)?", name):
        raise ValueError(
            f"predict({name!r}, ...): an id is small letters, digits and dashes: 'caching/stampede-loads'"
        )
    if not question.strip():
        raise ValueError(f"predict({name!r}, ...): write a question")
    if options is not None:
        if len(options) < 2:
            raise ValueError(f"predict({name!r}, ...): a choice has at least two options, not {len(options)}")
        for place, one in enumerate(options):
            if any(_same(one, other) for other in options[:place]):
                raise ValueError(f"predict({name!r}, ...): the option {one!r} stands there twice")
        if within is not None:
            raise ValueError(f"predict({name!r}, ...): options are met exactly; leave out within={within!r}")
    if within is not None and _distance(within, 1.0) is None:
        raise ValueError(
            f"predict({name!r}, ...): within={within!r}: write a number of at least 0, or a share: '20%'"
        )


def _same(one: Any, other: Any) -> bool:
    """Whether two answers mean the same: True is not 1, and the spelling of words does not matter."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) and isinstance(other, str):
        return _words(one) == _words(other)
    if isinstance(one, str) != isinstance(other, str):
        return _words(_plain(one)) == _words(_plain(other))
    return bool(one == other)


def _words(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s%.+-]", " ", text.casefold()).split()).strip(". ")


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip().replace("_", "")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if math.isnan(number) else number


def _distance(within: float | str, seen: float) -> float | None:
    """Return how far from `seen` still counts as right, or None if `within` does not say."""
    if isinstance(within, str):
        share = _number(within.removesuffix("%")) if within.endswith("%") else None
        return None if share is None or share < 0 else abs(seen) * share / 100
    number = _number(within)
    return None if number is None or number < 0 else number


def _near(guess: float, seen: float, within: float | str | None) -> tuple[Outcome, str]:
    if within is None:
        return ("right" if math.isclose(guess, seen, rel_tol=1e-9, abs_tol=1e-12) else "wrong"), ""
    close = _distance(within, seen) or 0.0
    asked = within if isinstance(within, str) else f"{within:g}"
    off = abs(guess - seen)
    if off <= close or math.isclose(off, close) or math.isclose(guess, seen):
        return "right", "" if math.isclose(guess, seen) else f"within {asked}"
    return "wrong", f"more than {asked} away"


def _plain(value: Any) -> str:
    if isinstance(value, type):
        return value.__name__
    return value if isinstance(value, str) else repr(value)
