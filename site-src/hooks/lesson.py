"""A notebook's page before Python has arrived: questions, answers and hints that open, code folded away.

Nothing of this needs a script: it is plain `details`. assets/lesson.js makes the
options of a question buttons, and opens its answer once one is chosen.
"""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup, Tag

from infra_ref.workbench.teaching.card import inline, paragraph
from infra_ref.workbench.teaching.sitting import find


@dataclass
class Lesson:
    """The steps of a notebook: `complaints` are what its cells should say and do not."""

    soup: BeautifulSoup
    cells: list[dict[str, Any]]
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    exercises: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def stage(self) -> None:
        """Give each cell the look of its part in the lesson."""
        shown = self.soup.select(".jp-CodeCell[id]")
        written = [one for one in self.cells if one["cell_type"] == "code" and "".join(one["source"]).strip()]
        for element, cell in zip(shown, written, strict=True):
            if "raises-exception" in cell["metadata"].get("tags", ()):
                element["class"] = [*element.get_attribute_list("class"), "raises-exception"]
            element.attrs |= _knob("".join(cell["source"]))
            part, name = self._part(cell)
            if part:
                element["data-part"] = part
                self._fold_code(element)
            if part == "question":
                self._ask(element, name)
            elif part == "reveal":
                self._answer(element, name, cell)
            elif part in {"hint", "solution", "judge", "exercise"}:
                self._exercise(element, part, name)

    def _part(self, cell: dict[str, Any]) -> tuple[str, str]:
        """Return what a cell is for, and the name of the question or the exercise that it is about."""
        body = _parsed("".join(cell["source"])).body
        for node in body:
            match node:
                case ast.Assign(
                    targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="predict")) as call
                ):
                    self.questions[name] = _question(call)
                    return "question", name
                case ast.Assign(
                    targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="exercise")) as call
                ):
                    self.exercises[name] = str(ast.literal_eval(call.args[0]))
                    return "exercise", name
        match body:
            case [ast.Expr(value=ast.Call() | ast.Await() as value)]:
                call = value.value if isinstance(value, ast.Await) else value
                match call:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="reveal")):
                        return "reveal", name
                    case ast.Call(
                        func=ast.Attribute(
                            value=ast.Name(id=name), attr=("hint" | "solution" | "judge") as what
                        )
                    ):
                        return what, name
        return ("plumbing" if cell["metadata"].get("jupyter", {}).get("source_hidden") else ""), ""

    def _fold_code(self, element: Tag) -> None:
        code = element.select_one(".jp-Cell-inputWrapper")
        if code is not None:
            code.wrap(self._details("lesson-code", "Code"))

    def _details(self, kind: str, summary: str) -> Tag:
        made = self.soup.new_tag("details", attrs={"class": kind})
        head = self.soup.new_tag("summary")
        head.string = summary
        made.append(head)
        return made

    def _ask(self, element: Tag, name: str) -> None:
        asked = self.questions[name]
        facts = {key: value for key, value in asked.items() if key in {"id", "within", "unit"} and value}
        attributes = {f"data-{key}": str(value) for key, value in facts.items()}
        if asked["options"]:
            attributes["data-options"] = json.dumps(asked["options"])
        options = "".join(f"<li><code>{html.escape(label)}</code></li>" for label, _ in asked["options"])
        block = self._fragment(
            f"<p class='lesson-title'>{inline(asked['question'])}</p>"
            + (f"<ul>{options}</ul>" if options else "")
        )
        block.attrs |= {"class": "lesson-question", "data-name": name, **attributes}
        element.insert(0, block)
        _without_output(element)

    def _answer(self, element: Tag, name: str, cell: dict[str, Any]) -> None:
        text = "".join(_plain_text(cell))
        found = re.search(r"It was (.+?)\.$", text.split("\n  ")[0].replace("\n", " ")) or re.search(
            r"It was (.+?)\.\n", text
        )
        asked = self.questions.get(name)
        if found is None or asked is None:
            self.complaints.append(f"no answer is found in the output of `{name}.reveal(`: {text[:80]!r}")
            return
        folded = self._details("lesson-answer", "The answer")
        folded["data-name"] = name
        folded["data-truth"] = found[1]
        card = element.select_one(".ir-card")
        output = element.select_one(".jp-Cell-outputWrapper")
        if card is None or output is None:
            self.complaints.append(f"`{name}.reveal(` shows no card")
            return
        title = card.select_one(".ir-title")
        if title is not None:
            title.string = f"It was {found[1]}."
        for one in card.find_all("p"):
            if one.get_text().startswith("To answer, write"):
                one.decompose()
        card["class"] = ["ir-card", "plain"]
        output.wrap(folded)

    def _exercise(self, element: Tag, part: str, name: str) -> None:
        named = self.exercises.get(name)
        output = element.select_one(".jp-Cell-outputWrapper")
        if named is None or output is None:
            return
        if part == "exercise":
            title = element.select_one(".ir-title")
            if title is not None:
                title.name = "h3"
        elif part == "hint":
            output.insert_before(self._ladder(find(named).hints))
            _without_output(element)
        elif part == "judge":
            _without_output(element)
            element.append(
                self._fragment(
                    "<p>Complete the cell above and run it, then this one: it is judged at once.</p>",
                    "lesson-judge",
                )
            )

    def _ladder(self, hints: tuple[str, ...]) -> Tag:
        """Return the hints, each within the one before it: a later one cannot be opened first."""
        inner: Tag | None = None
        for number, hint in reversed(list(enumerate(hints, 1))):
            step = self._details("lesson-hint", f"Hint {number} of {len(hints)}")
            step.append(self._fragment(paragraph(hint)))
            if inner is not None:
                step.append(inner)
            inner = step
        assert inner is not None  # an exercise without a hint cannot be declared
        return inner

    def _fragment(self, inside: str, kind: str = "") -> Tag:
        made = self.soup.new_tag("div", attrs={"class": kind} if kind else {})
        made.extend(list(BeautifulSoup(inside, "html.parser").contents))
        return made


def _without_output(element: Tag) -> None:
    """Take away what Python says to a reader who has answered nothing."""
    output = element.select_one(".jp-Cell-outputWrapper")
    if output is not None:
        output.decompose()


def _question(call: ast.Call) -> dict[str, Any]:
    """Return what `predict` is given; an option as its label and as it is written in the code."""
    words = {one.arg: one.value for one in call.keywords}
    listed = words.get("options")
    options = listed.elts if isinstance(listed, ast.List | ast.Tuple) else []
    return {
        "id": ast.literal_eval(call.args[0]),
        "question": ast.literal_eval(call.args[1]),
        "options": [(_label(one), ast.unparse(one)) for one in options],
        "within": ast.literal_eval(words["within"]) if "within" in words else None,
        "unit": ast.literal_eval(words["unit"]) if "unit" in words else "",
    }


def _knob(source: str) -> dict[str, str]:
    """Return what a page needs for a slider: the argument, its values as written, the present one."""
    for node in ast.walk(_parsed(source)):
        match node:
            case ast.Call(func=ast.Name(id="knob"), keywords=words):
                given = {str(one.arg): one.value for one in words}
                at = given.pop("at")
                ((name, values),) = given.items()
                choices = [repr(one) for one in _values(values)]
                return {"data-knob": name, "data-choices": json.dumps(choices), "data-at": ast.unparse(at)}
    return {}


def _values(node: ast.expr) -> list[Any]:
    match node:
        case ast.Call(func=ast.Name(id="range"), args=ends):
            return list(range(*(ast.literal_eval(one) for one in ends)))
        case _:
            return list(ast.literal_eval(node))


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:  # a magic of Jupyter is a cell like any other
        return ast.Module([], [])


def _label(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)


def _plain_text(cell: dict[str, Any]) -> Iterator[str]:
    for output in cell["outputs"]:
        yield "".join(output.get("data", {}).get("text/plain", ""))
