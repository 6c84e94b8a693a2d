"""The test that comes along: cut out of the collection's own tests, with all that it stands on.

A test that a copier can use needs neither a server nor a fixture of somebody
else's: what is taken are the classes that hold the adapter to its contract, and
failing these the plain tests of it, with the helpers that they use.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from infra_ref.workbench.copying.library import Library, Source, parsed

_FIXTURES = {"tmp_path", "monkeypatch", "capsys", "caplog", "request", "recwarn"}
"""Those that pytest brings."""
_OF_THE_HOUSE = "INFRA_REF_"
"""The servers of a collection's own tests are found by variables of such names."""


@dataclass(frozen=True, slots=True)
class ReadyTest:
    """The text of a test file, before its imports are led home. `contract`: whether it holds to one."""

    text: str
    contract: bool


def ready_test(library: Library, source: Source) -> ReadyTest | None:
    """Return the test of one item, or None where no test of it stands by itself."""
    tests = source.collection.tests
    pattern = source.path.parts[0] if len(source.path.parts) > 1 else ""
    if tests is None or not pattern or source.is_package or not (tests / pattern).is_dir():
        return None
    if pattern in source.collection.untested:
        return None
    if source.path.stem.endswith(("port", "contract")):
        return None  # a promise has no test of its own; what keeps it has
    files = _Files(tests, pattern)
    slices = [
        _Slice(library, files, file, node)
        for file in files.tests()
        if source.path.stem in files.reach(file)
        for node in file.tree.body
        if _is_test(node)
    ]
    about = [one for one in slices if one.stands and one.is_about(source)]
    by_contract = [one for one in about if one.holds_to_a_contract]
    candidates = by_contract or [one for one in about if one.adapters == {source.module}]
    if not candidates:
        return None
    fewest = min(len(one.adapters) for one in candidates)
    chosen = [one for one in candidates if len(one.adapters) == fewest]
    first = chosen[0].file
    return ReadyTest(_written([one for one in chosen if one.file is first]), bool(by_contract))


def fingerprint(library: Library, source: Source) -> str:
    """Return the hash of all that the test of an item may be cut out of."""
    if source.collection.tests is None:
        return ""
    folder = source.collection.tests / source.path.parts[0]
    if folder not in library.fingerprints:
        digest = hashlib.sha256()
        for path in sorted(folder.glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
        library.fingerprints[folder] = digest.hexdigest()
    return library.fingerprints[folder]


class _File:
    """One file of tests: what its top level binds, and where each import of it leads."""

    def __init__(self, path: Path, module: str) -> None:
        self.path, self.module = path, module
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.splitlines(keepends=True)
        self.tree = parsed(self.text, path)
        self.definitions: dict[str, ast.stmt] = {}
        self.imports: dict[str, tuple[str, str | None]] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imports.update(_bound(node))
            else:
                self.definitions.update(dict.fromkeys(_names(node), node))

    def cut(self, node: ast.stmt) -> str:
        """Return the lines of a top-level statement, with its decorators and the comment above it."""
        decorators = getattr(node, "decorator_list", [])
        start = min([node.lineno, *(one.lineno for one in decorators)]) - 1
        while start > 0 and self.lines[start - 1].startswith("#"):
            start -= 1
        end = node.end_lineno or node.lineno
        following = self.lines[end : end + 1]
        if isinstance(node, ast.Assign | ast.AnnAssign) and following and following[0].startswith('"""'):
            end += next(n for n, line in enumerate(self.lines[end:], 1) if line.rstrip().endswith('"""'))
        return "".join(self.lines[start:end])


class _Files:
    """The test files of one pattern, each read once."""

    def __init__(self, tests: Path, pattern: str) -> None:
        self._folder, self._prefix = tests / pattern, f"tests.{pattern}."
        self._read: dict[str, _File | None] = {}

    def tests(self) -> Iterator[_File]:
        for path in sorted(self._folder.glob("test_*.py")):
            file = self.named(f"{self._prefix}{path.stem}")
            if file is not None:
                yield file

    def named(self, module: str) -> _File | None:
        """Return the file of `tests.caching.benches`, or None for what is not of this folder."""
        if module not in self._read:
            path = self._folder / f"{module.removeprefix(self._prefix)}.py"
            ours = module.startswith(self._prefix) and path.is_file()
            self._read[module] = _File(path, module) if ours else None
        return self._read[module]

    def reach(self, file: _File) -> str:
        """Return the text of a file and of the helpers that it imports, to look for a name in."""
        helpers = {module for module, _ in file.imports.values() if self.named(module)}
        return file.text + "".join(one.text for one in map(self.named, sorted(helpers)) if one)


@dataclass
class _Slice:
    """One test, and all top-level statements and imports that it stands on."""

    library: Library
    files: _Files
    file: _File
    node: ast.stmt
    stands: bool = True
    nodes: dict[ast.stmt, _File] = field(default_factory=dict)
    imports: set[tuple[str, str | None, str]] = field(default_factory=set)
    names: dict[str, ast.stmt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._take(self.file, self.node)
        self.stands = self.stands and not any(
            _OF_THE_HOUSE in file.cut(node) or _foreign_fixtures(node, self.nodes)
            for node, file in self.nodes.items()
        )

    def _take(self, file: _File, node: ast.stmt) -> None:
        if node in self.nodes:
            return
        self.nodes[node] = file
        for name in _names(node):
            if self.names.setdefault(name, node) is not node:
                self.stands = False  # two helpers of one name
        for name in _used(node):
            self._resolve(file, name)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                self.stands = self.stands and not any(
                    module.split(".")[0] == "tests" for module, _ in _bound(inner).values()
                )

    def _resolve(self, file: _File, name: str) -> None:
        if name in file.definitions:
            self._take(file, file.definitions[name])
        elif name in file.imports:
            module, original = file.imports[name]
            helper = self.files.named(module)
            if helper is not None and original == name and name in helper.definitions:
                self._take(helper, helper.definitions[name])
            elif helper is not None and original == name and name in helper.imports:
                self._resolve(helper, name)
            elif module.split(".")[0] == "tests":
                self.stands = False  # it needs more than this folder
            else:
                self.imports.add((module, original, name))

    @cached_property
    def modules(self) -> set[str]:
        """The files of the collections that it imports, by dotted name."""
        found: set[str] = set()
        for module, original, _ in self.imports:
            found |= {one for one in (module, f"{module}.{original}") if self.library.find(one)}
        for node in self.nodes:
            found |= {one.module for one in self.library.needs(ast.Module([node], []))[0]}
        return found

    @property
    def modules_of_contracts(self) -> set[str]:
        return {one for one in self.modules if one.endswith("contract") and one.count(".") > 1}

    @property
    def adapters(self) -> set[str]:
        """The modules besides ports, contracts and what all patterns share."""
        return {
            one
            for one in self.modules - self.modules_of_contracts
            if one.count(".") > 1 and not one.endswith(".port") and one.split(".")[-2] != "contract"
        }

    def is_about(self, source: Source) -> bool:
        """Return whether it uses the item itself, and not only something that is built on it."""
        if source.module not in self.modules:
            return False
        others = [found for one in self.adapters - {source.module} if (found := self.library.find(one))]
        return source not in [one for other in others for one in self.library.closure([other])]

    @property
    def holds_to_a_contract(self) -> bool:
        return isinstance(self.node, ast.ClassDef) and bool(self.modules_of_contracts)


def _written(slices: list[_Slice]) -> str:
    """Return a test file of all the slices: docstring, imports, helpers, tests."""
    nodes = {node: file for one in slices for node, file in one.nodes.items()}
    tests = {one.node for one in slices}
    main = slices[0].file
    helpers = [node for node in nodes if node not in tests]
    order = sorted(helpers, key=lambda node: (nodes[node] is main, nodes[node].module, node.lineno))
    order += sorted(tests, key=lambda node: node.lineno)
    imports = {found for one in slices for found in one.imports}
    package = slices[0].library.collections[0].package
    docstring = ast.get_docstring(main.tree, clean=False)
    parts = [f'"""{docstring}"""\n' if docstring else "", "from __future__ import annotations\n"]
    parts += _import_blocks(imports, {one.package for one in slices[0].library.collections} | {package})
    head = "\n".join(part for part in parts if part)
    body = ""
    for before, node in zip([None, *order], order, strict=False):
        small = not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        close = before is not None and small and type(before) is type(node)
        body += ("" if close else "\n" if small and before is None else "\n\n") + nodes[node].cut(node)
    return f"{head}{body}"


def _import_blocks(imports: set[tuple[str, str | None, str]], ours: set[str]) -> list[str]:
    """Return the import statements by group: the standard library, third parties, the collections."""
    blocks: dict[int, dict[str, set[str]]] = {0: {}, 1: {}, 2: {}}
    for module, original, name in imports:
        group = 0 if module.split(".")[0] in sys.stdlib_module_names else 1
        group = 2 if any(module == one or module.startswith(f"{one}.") for one in ours) else group
        if original is None:
            plain = f"import {module}" if name == module.split(".")[0] else f"import {module} as {name}"
            blocks[group][plain] = set()
        else:
            start = f"from {module} import "
            if name != original:
                blocks[group][f"{start}{original} as {name}"] = set()
            else:
                blocks[group].setdefault(start, set()).add(name)
    written = []
    for block in blocks.values():
        lines = [_import_line(start, names) for start, names in sorted(block.items(), key=_import_order)]
        written.append("".join(lines))
    return written


def _import_order(found: tuple[str, set[str]]) -> tuple[bool, str, str]:
    start, _, rest = found[0].partition(" import ")
    return found[0].startswith("from"), start, rest


def _import_line(start: str, names: set[str]) -> str:
    ordered = sorted(names, key=lambda name: (0 if name.isupper() else 1 if name[0].isupper() else 2, name))
    line = start + ", ".join(ordered)
    if len(line) <= 88:
        return f"{line}\n"
    return f"{start}(\n" + "".join(f"    {name},\n" for name in ordered) + ")\n"


def _is_test(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        return node.name.startswith("Test")
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")


def _foreign_fixtures(node: ast.stmt, nodes: dict[ast.stmt, _File]) -> bool:
    """Return whether a test, or a fixture, asks for a fixture that does not come along."""
    functions = [node] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    if isinstance(node, ast.ClassDef):
        functions = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    here = {name for one in nodes for name in _names(one)}
    for function in functions:
        if not (function.name.startswith("test_") or _decorated(function, "fixture")):
            continue
        given = {value for one in function.decorator_list for value in _words(one)}
        asked = {argument.arg for argument in function.args.args} - {"self", "cls"}
        if not _decorated(function, "given") and asked - given - here - _FIXTURES:
            return True
    return False


def _decorated(function: ast.FunctionDef | ast.AsyncFunctionDef, word: str) -> bool:
    return any(word in ast.unparse(one) for one in function.decorator_list)


def _words(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            found |= {word.strip() for word in one.value.split(",")}
    return found


def _bound(node: ast.Import | ast.ImportFrom) -> dict[str, tuple[str, str | None]]:
    if isinstance(node, ast.Import):
        return {one.asname or one.name.split(".")[0]: (one.name, None) for one in node.names}
    return {
        one.asname or one.name: (node.module or "", one.name)
        for one in node.names
        if node.module != "__future__"
    }


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {one.id for target in targets if target for one in ast.walk(target) if isinstance(one, ast.Name)}


def _used(node: ast.stmt) -> list[str]:
    names = [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        names += [argument.arg for argument in node.args.args]  # a fixture of this file
    return list(dict.fromkeys(names))
