"""Lead a file's imports to their new home, by its syntax tree; every other byte stays."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import libcst as cst
from libcst.helpers import get_full_name_for_node

from infra_ref.workbench.copying.lock_file import Style

LINE = 88
"""Characters that an import may have before it is broken into lines: the default of ruff and black."""


def rewritten(
    text: str, homes: Mapping[str, str], module: str, style: Style, *, is_package: bool = False
) -> str:
    """Return `text`, which is to become `module`, with its imports led home.

    `homes` has the new dotted name for each old package ("" for the top of the
    path); all that lies below moves with it. Names in strings and comments
    move too, where one below an old package is spelt out.
    """
    package = module if is_package else module.rpartition(".")[0]
    rewrite = _Rewrite(homes, package, style)
    return "".join(
        cst.parse_module(part).visit(rewrite).code if any(old in part for old in homes) else part
        for part in _parts(text)
    )


def _parts(text: str) -> Iterator[str]:
    """Cut a text between the statements of its top level, and after a run of imports.

    Only the parts that name an old package go through libcst, which takes 15 ms for a file of 200 lines.
    """
    lines = text.splitlines(keepends=True)
    body = ast.parse(text).body
    start = 0
    for node, following in pairwise(body):
        end = node.end_lineno or node.lineno
        first = min([following.lineno, *(one.lineno for one in getattr(following, "decorator_list", []))])
        if first <= end or (isinstance(node, _IMPORTS) and isinstance(following, _IMPORTS)):
            continue
        yield "".join(lines[start:end])
        start = end
    yield "".join(lines[start:])


_IMPORTS = (ast.Import, ast.ImportFrom)


class _Rewrite(cst.CSTTransformer):
    def __init__(self, homes: Mapping[str, str], package: str, style: Style) -> None:
        super().__init__()
        self._homes, self._package = homes, package
        self._relative = style == "relative" and package != ""
        self._spelt = re.compile(rf"(?<![\w./-])({'|'.join(map(re.escape, homes))})((?:\.[a-z_]\w*)+)")
        self._bare: set[str] = set()
        """Old packages that a plain `import a.b` has bound, so that `a.b.c` in code means them."""
        self._depth = 0

    def _home(self, name: str) -> str | None:
        for old, new in self._homes.items():
            if name == old or name.startswith(f"{old}."):
                return (new + name.removeprefix(old)).strip(".")
        return None

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.BaseSmallStatement:
        if updated_node.relative or updated_node.module is None:
            return updated_node
        home = self._home(_spelling(updated_node.module))
        if home is None:
            return updated_node
        if home == "":
            assert not isinstance(updated_node.names, cst.ImportStar)
            return cst.Import(
                names=[one.with_changes(comma=cst.MaybeSentinel.DEFAULT) for one in updated_node.names]
            )
        dots, rest = self._from_here(home) if self._relative else (0, home)
        return updated_node.with_changes(
            relative=[cst.Dot()] * dots,
            module=_dotted(rest) if rest else None,
            whitespace_after_from=cst.SimpleWhitespace(" "),
        )

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.BaseSmallStatement:
        names = []
        for alias in updated_node.names:
            old = _spelling(alias.name)
            home = self._home(old)
            if home is None:
                names.append(alias)
                continue
            if alias.asname is None:
                self._bare.add(next(one for one in self._homes if old == one or old.startswith(f"{one}.")))
            elif len(updated_node.names) == 1 and "." in home:
                return self._import_as(home, alias.asname)
            names.append(alias.with_changes(name=_dotted(home)))
        return updated_node.with_changes(names=names)

    def _import_as(self, home: str, asname: cst.AsName) -> cst.BaseSmallStatement:
        above, _, name = home.rpartition(".")
        dots, rest = self._from_here(above) if self._relative else (0, above)
        same = isinstance(asname.name, cst.Name) and asname.name.value == name
        return cst.ImportFrom(
            module=_dotted(rest) if rest else None,
            names=[cst.ImportAlias(cst.Name(name), asname=None if same else asname)],
            relative=[cst.Dot()] * dots,
        )

    def _from_here(self, home: str) -> tuple[int, str]:
        """Return the dots, and what follows them, that lead from this file's package to `home`."""
        ours, theirs = self._package.split("."), home.split(".")
        common = 0
        while common < min(len(ours), len(theirs)) and ours[common] == theirs[common]:
            common += 1
        if common == 0:
            return 0, home
        return len(ours) - common + 1, ".".join(theirs[common:])

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        # The innermost `a.b` of `a.b.c.D`, where a plain import has bound `a`.
        name = get_full_name_for_node(original_node)
        if name in self._bare or (name is not None and name.rpartition(".")[0] in self._bare):
            home = self._home(name)
            if home:
                return _dotted(home)
        return updated_node

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        return updated_node.with_changes(value=self._respelt(updated_node.value))

    def leave_Comment(self, original_node: cst.Comment, updated_node: cst.Comment) -> cst.Comment:
        return updated_node.with_changes(value=self._respelt(updated_node.value))

    def _respelt(self, text: str) -> str:
        return self._spelt.sub(lambda found: self._home(found[0]) or found[0], text)

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        return updated_node.with_changes(body=_tidied(updated_node.body, original_node.body, LINE))

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
        self._depth += 1

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        room = LINE - 4 * self._depth
        self._depth -= 1
        return updated_node.with_changes(body=_tidied(updated_node.body, original_node.body, room))


def _tidied(
    body: Sequence[cst.BaseStatement | cst.SimpleStatementLine],
    before: Sequence[cst.BaseStatement | cst.SimpleStatementLine],
    room: int,
) -> list[cst.BaseStatement | cst.SimpleStatementLine]:
    """Put the imports that were led home in their order, and break those too long for `room` characters."""
    tidied: list[cst.BaseStatement | cst.SimpleStatementLine] = []
    run: list[cst.SimpleStatementLine] = []
    for statement, old in zip(body, before, strict=True):
        moved = _import_from(statement) is not None and not statement.deep_equals(old)
        line = statement if isinstance(statement, cst.SimpleStatementLine) else None
        if run and not (moved and line and not line.leading_lines):
            tidied += _sorted(run, room)
            run = []
        if moved and line:
            run.append(line)
        else:
            tidied.append(_broken(line, room) if line else statement)
    return tidied + _sorted(run, room)


def _sorted(run: list[cst.SimpleStatementLine], room: int) -> list[cst.SimpleStatementLine]:
    if not run:
        return []
    leading = run[0].leading_lines
    ordered = [one.with_changes(leading_lines=[]) for one in sorted(run, key=_order)]
    ordered[0] = ordered[0].with_changes(leading_lines=leading)
    return [_broken(one, room) for one in ordered]


def _order(statement: cst.SimpleStatementLine) -> tuple[int, str]:
    """Furthest first, then by name: the order that ruff and isort keep by default."""
    found = _import_from(statement)
    assert found is not None
    return -len(found.relative), _spelling(found.module) if found.module else ""


def _broken(statement: cst.SimpleStatementLine, room: int) -> cst.SimpleStatementLine:
    found = _import_from(statement)
    if found is None or found.lpar or isinstance(found.names, cst.ImportStar):
        return statement
    line = cst.Module(body=[statement.with_changes(leading_lines=[])]).code.rstrip("\n")
    if len(line) <= room:
        return statement
    inside = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    end = cst.ParenthesizedWhitespace(indent=True)
    names = [one.with_changes(comma=cst.Comma(whitespace_after=inside)) for one in found.names]
    names[-1] = names[-1].with_changes(comma=cst.Comma(whitespace_after=end))
    broken = found.with_changes(
        lpar=cst.LeftParen(whitespace_after=inside), rpar=cst.RightParen(), names=names
    )
    return statement.with_changes(body=[broken])


def _import_from(statement: cst.CSTNode) -> cst.ImportFrom | None:
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        only = statement.body[0]
        return only if isinstance(only, cst.ImportFrom) else None
    return None


def _spelling(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_spelling(node.value)}.{node.attr.value}"
    assert isinstance(node, cst.Name)
    return node.value


def _dotted(name: str) -> cst.Attribute | cst.Name:
    first, *rest = name.split(".")
    node: cst.Attribute | cst.Name = cst.Name(first)
    for part in rest:
        node = cst.Attribute(node, cst.Name(part))
    return node
