"""`predict`: every answer gets a verdict, no answer raises, the words are always the same."""

from __future__ import annotations

from typing import Any

import pytest

from infra_ref.workbench import predict


def asked(answer: Any = ..., **more: Any) -> Any:
    return predict("caching/loads", "100 requests miss at once. How many loads?", answer=answer, **more)


CHOICE: dict[str, Any] = {"options": [1, 10, 100]}


@pytest.mark.parametrize(
    ("answer", "more", "seen", "outcome"),
    [
        (..., CHOICE, 100, "not answered"),
        (100, CHOICE, 100, "right"),
        ("100", CHOICE, 100, "right"),
        (10, CHOICE, 100, "wrong"),
        (7, CHOICE, 100, "unreadable"),
        (None, CHOICE, 100, "unreadable"),
        (True, CHOICE, 1, "unreadable"),
        (True, {"options": [True, False]}, True, "right"),
        (1, {"options": [True, False]}, True, "unreadable"),
        ("A Miss.", {"options": ["a miss", "an error"]}, "a miss", "right"),
        ("KeyError", {"options": ["KeyError", "ValueError"]}, KeyError, "right"),
        (100, CHOICE, 55, "wrong"),
        (55, {"within": 5}, 60, "right"),
        (54.9, {"within": 5}, 60, "wrong"),
        (48, {"within": "20%"}, 60, "right"),
        (47, {"within": "20%"}, 60, "wrong"),
        ("1_000", {"within": 0}, 1000, "right"),
        (0.1 + 0.2, {"within": 0}, 0.3, "right"),
        (float("nan"), {"within": 1}, 1, "unreadable"),
        ("a lot", {"within": 1}, 1, "unreadable"),
        ("a lot", {}, 1, "unreadable"),
        (3, {"unit": "s"}, 3.0, "right"),
        (4, {"unit": "s"}, 3.0, "wrong"),
        (3, {}, 3, "right"),
        ("the last writer wins", {}, "The last writer   wins!", "right"),
        ("the first", {}, "the last", "wrong"),
        (["a"], {}, ["a"], "right"),
    ],
)
def test_every_answer_gets_its_verdict(answer: Any, more: dict[str, Any], seen: Any, outcome: str) -> None:
    revealed = asked(answer, **more).reveal(seen, why="So it is.")
    assert revealed.outcome == outcome
    assert "So it is." in repr(revealed)
    assert "So it is." in revealed._repr_html_()


def test_unanswered_it_says_what_to_write() -> None:
    assert repr(asked(**CHOICE)) == (
        "? 100 requests miss at once. How many loads?\n"
        "  ( ) 1   ( ) 10   ( ) 100\n"
        "  Not answered yet: write answer=1, answer=10 or answer=100 in place of the dots, and run "
        "this cell\n  again."
    )
    assert repr(asked(unit="loads")).endswith(
        "write answer= and a number of loads, such as answer=10 in place of the dots, and\n"
        "  run this cell again."
    )
    assert 'answer="..."' in repr(asked())


def test_an_answer_that_cannot_be_one_says_what_to_write_at_once() -> None:
    assert "7 is not one of the options: write answer=1, answer=10 or answer=100" in repr(asked(7, **CHOICE))
    assert "'x' is not a number: write answer= and a number of s" in repr(asked("x", unit="s"))


@pytest.mark.parametrize(
    ("answer", "more", "title"),
    [
        (..., CHOICE, "– Not answered. It was 100."),
        (100, CHOICE, "✓ Right: 100."),
        (1, CHOICE, "✗ Not so: you said 1, it was 100."),
        (7, CHOICE, "– Not an answer: 7 is not one of the options. It was 100."),
        (95, {"within": 10, "unit": "loads"}, "✓ Right: you said 95 loads, it was 100 loads, within 10."),
        (
            50,
            {"within": "10%", "unit": "loads"},
            "✗ Not so: you said 50 loads, it was 100 loads, more than 10% away.",
        ),
    ],
)
def test_the_verdict_in_words(answer: Any, more: dict[str, Any], title: str) -> None:
    assert (
        repr(asked(answer, **more).reveal(100, why="One.\n\n    Two,\n    wrapped."))
        == f"{title}\n  One.\n  Two, wrapped."
    )


def test_what_is_shown_is_escaped() -> None:
    shown = predict("x", "Is <b> `a < b`?", options=["<i>", "&"]).reveal("<i>", why="<script>")._repr_html_()
    assert "<script>" not in shown
    assert "<i>" not in shown
    assert "&lt;i&gt;" in shown


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"id": "Caching Loads"}, "an id is small letters"),
        ({"question": " "}, "write a question"),
        ({"options": [1]}, "at least two options, not 1"),
        ({"options": [1, 2, 1.0]}, "the option 1.0 stands there twice"),
        ({"options": [1, 2], "within": 3}, "leave out within=3"),
        ({"within": -1}, "a number of at least 0, or a share: '20%'"),
        ({"within": "20"}, "a number of at least 0, or a share: '20%'"),
    ],
)
def test_an_authors_mistake_raises_and_says_what_to_write(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        predict(**{"id": "a/b", "question": "How many?", **more})
