"""See past formatting: give a text the format that another has, wherever the two mean the same.

What a formatter did to a copied file is then no difference, and no conflict.
"""

from __future__ import annotations

import ast
import copy
import difflib
import inspect
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

_NAMED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def formatted_like(text: str, like: str) -> str:
    """Return `text` with each statement that also stands in `like` written as it is there.

    A statement is the same if its syntax tree and its comments are. Where one
    of the two is not Python, `text` comes back as it is.
    """
    text, like = _ended(text), _ended(like)
    try:
        ours, theirs = _Text(text), _Text(like)
    except (SyntaxError, ValueError, tokenize.TokenError):
        return text
    return "".join(_format(ours.parts(), theirs.parts()))


def same_but_for_format(text: str, other: str) -> bool:
    """Return whether two texts differ in nothing but their format."""
    return formatted_like(text, other) == _ended(other)


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


class _Text:
    def __init__(self, text: str) -> None:
        self.lines = text.splitlines(keepends=True)
        self.tree = ast.parse(text)
        self.comments: dict[int, str] = {}
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                self.comments[token.start[0]] = token.string.strip()

    def parts(self) -> list[_Part]:
        return list(_parts(self, self.tree.body, 0, len(self.lines)))


@dataclass(frozen=True)
class _Part:
    """Some statements of one body, from the end of those before: with their comments and blank lines."""

    of: _Text
    start: int
    end: int
    nodes: tuple[ast.stmt, ...]

    @property
    def text(self) -> str:
        return "".join(self.of.lines[self.start : self.end])

    @property
    def key(self) -> str:
        return "\n".join([*map(_meaning, self.nodes), *self._comments(self.start, self.end)])

    @property
    def name(self) -> tuple[type, str] | None:
        """What a class or a function is recognised by, if its body has lines of its own."""
        node = self.nodes[0] if len(self.nodes) == 1 else None
        if isinstance(node, _NAMED) and _first_line(node.body[0]) > node.lineno:
            return type(node), node.name
        return None

    def opened(self) -> tuple[str, str, list[_Part]]:
        """Return the head of a class or a function, its meaning, and the parts of its body."""
        node = self.nodes[0]
        assert isinstance(node, _NAMED)
        inner = _first_line(node.body[0]) - 1
        bare = copy.copy(node)
        bare.body = []
        meaning = "\n".join([_meaning(bare), *self._comments(self.start, inner)])
        return (
            "".join(self.of.lines[self.start : inner]),
            meaning,
            list(_parts(self.of, node.body, inner, self.end)),
        )

    def _comments(self, start: int, end: int) -> Iterator[str]:
        for line in range(start + 1, end + 1):
            if line in self.of.comments:
                yield self.of.comments[line]


def _parts(of: _Text, body: list[ast.stmt], start: int, end: int) -> Iterator[_Part]:
    """Cut lines `start` to `end` into parts; statements that share a line share a part."""
    at = start
    nodes: list[ast.stmt] = []
    for node, following in zip_longest(body, body[1:]):
        nodes.append(node)
        last = node.end_lineno or node.lineno
        if following is None or _first_line(following) > last:
            yield _Part(of, at, last, tuple(nodes))
            at, nodes = last, []
    if at < end:
        yield _Part(of, at, end, ())


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _meaning(node: ast.stmt) -> str:
    """Return what a statement means, in words that its form does not change."""
    for one in ast.walk(node):
        if (
            isinstance(one, ast.Expr)
            and isinstance(one.value, ast.Constant)
            and isinstance(one.value.value, str)
        ):
            lines = inspect.cleandoc(one.value.value).splitlines()
            one.value.value = "\n".join(line.rstrip() for line in lines).strip()
        if isinstance(one, ast.Constant):
            one.kind = None  # u"" is ""
    return ast.dump(node)


def _format(ours: list[_Part], theirs: list[_Part]) -> Iterator[str]:
    keys, others = [one.key for one in ours], [one.key for one in theirs]
    matcher = difflib.SequenceMatcher(None, keys, others, autojunk=False)
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            yield from (one.text for one in theirs[c:d])
            continue
        partners = {one.name: one for one in theirs[c:d] if one.name}
        for part in ours[a:b]:
            partner = partners.get(part.name) if part.name else None
            if partner is None:
                yield part.text
                continue
            head, meaning, body = part.opened()
            other_head, other_meaning, other_body = partner.opened()
            yield other_head if meaning == other_meaning else head
            yield from _format(body, other_body)
