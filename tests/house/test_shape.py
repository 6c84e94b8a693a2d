"""The house keeps its shape: the rules of the house that a syntax tree can tell.

Each guard takes the root of a tree and returns what it has to complain of, so
that it can be shown a bad tree and must then complain.
"""

from __future__ import annotations

import ast
import functools
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra_ref.workbench.catalog import catalog
from infra_ref.workbench.source_file import Module
from infra_ref.workbench.source_tree import SourceTree

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "infra_ref"

SHARED = {
    "result",
    "result_functions",
    "clock",
    "events",
    "failures",
    "backoff",
    "single_flight",
    "strict_timeout",
    "contract",
}
"""What any file of a pattern may import."""
FOR_TESTS = {"contracts", "testing"}
"""Folders of a pattern that nothing outside them imports."""
PARTS = {
    "configuration/settings": "the base of a model, which loading and listing options are about",
    "configuration/sources": "each source by itself, below `load`",
    "unit_of_work/in_unit": "runs a use case's function in a unit, tried again on a conflict",
    "repository/queries": "the body of queries, for repositories inside a unit of work too",
}
"""Files, or whole patterns, whose adapters share a body that is no role's folder: each with the reason."""
PURE = {*SHARED, "sample"}
"""What stands on the standard library alone, besides each port and contract."""
COMPOSES = {"factory", "anti_patterns"}
"""Patterns whose files name adapters: the composition root, and what not to do."""
FRAMEWORKS = {"django", "fastapi", "flask", "litestar", "sanic", "starlette"}
OPENERS = {
    "AsyncClient",
    "Client",
    "ConnectionPool",
    "Redis",
    "connect",
    "create_async_engine",
    "create_engine",
}
OPENERS |= {"create_pool", "from_url", "open", "socket", "urlopen"}


# What there is to look at


@functools.cache  # one reading serves all guards
def read(root: Path) -> SourceTree:
    return SourceTree(root / PACKAGE, hidden=())


def patterns(root: Path) -> list[str]:
    """Return the names of the folders that are patterns."""
    return list(read(root).patterns)


def files(root: Path) -> Iterator[Path]:
    """Yield every Python file of the package, as a path from the root."""
    for module in read(root).modules.values():
        yield module.place


def tree(root: Path, file: Path) -> ast.Module:
    return _module(root, file).tree


def imports(root: Path, file: Path) -> set[str]:
    """Return the dotted names that a file imports anywhere in it, also for the type checker alone."""
    return _imports(read(root), _module(root, file))


@functools.cache
def _imports(package: SourceTree, module: Module) -> set[str]:
    return package.imports(module)


def _module(root: Path, file: Path) -> Module:
    parts = file.parent.parts if file.stem == "__init__" else file.with_suffix("").parts
    return read(root).modules[".".join(parts)]


def is_standard(name: str) -> bool:
    return name.split(".", 1)[0] in sys.stdlib_module_names


# The guards, by the number of the rule in the house's design


def islands(root: Path) -> list[str]:
    """1 and 4: a pattern's file knows its own promise, any other port, the shared modules, its technology."""
    said = []
    for module in read(root).modules.values():
        own = module.place.parts[1]
        if len(module.place.parts) < 3 or own in {*COMPOSES, "workbench", "contract"}:
            continue
        may_import = _sample_may_import if own == "sample" else _may_import
        for name in sorted(_imports(read(root), module)):
            if name.startswith(f"{PACKAGE}.") and not may_import(root, module, name):
                said.append(f"{module.place} imports {name}; of a pattern, it may import the port")
    return said


def _may_import(root: Path, module: Module, name: str) -> bool:
    own, (_, top, *rest) = module.place.parts[1], name.split(".")
    if top in SHARED or _is_promise(rest) or "/".join([top, *rest]) in PARTS:
        return True
    if top != own or not rest:
        return False
    if rest[0] in FOR_TESTS:
        return module.role.split("/")[0] in FOR_TESTS
    if module.stem.startswith("make_") or own in PARTS:
        return True
    if len(rest) == 1 and rest[0].partition("_")[0] == module.stem.partition("_")[0]:
        return True  # an adapter in several files, of one technology by their names
    promise = {one.name for one in read(root).patterns[own].promise}
    in_a_role = len(rest) > 1 and (rest[0] != "decorators" or rest[-1] == "decorator")
    return name in promise or (in_a_role and name not in _adapters(root))


def _is_promise(rest: list[str]) -> bool:
    """Return whether a pattern's file is one that the others may know."""
    return len(rest) == 1 and (rest[0] in {"port", "errors"} or rest[0].endswith("_port"))


@functools.cache
def _adapters(root: Path) -> set[str]:
    """Return the modules that hold a class which keeps a port."""
    listed = (adapter.file for pattern in catalog(read(root)) for adapter in pattern.adapters)
    return {".".join([PACKAGE, *Path(file).with_suffix("").parts]) for file in listed}


def _sample_may_import(root: Path, module: Module, name: str) -> bool:
    """Return whether the sample may: ports, and what is its own, the core without its adapters."""
    outer = {"adapters", *FOR_TESTS}
    role = module.role.split("/")[0]
    match name.split("."):
        case [_, "sample", *inner]:
            return role in outer or not outer & set(inner)
        case [_, top, *_] if top in SHARED:
            return True
        case [_, _, "contracts" | "testing", *_]:
            return role in FOR_TESTS
        case [_, _, *rest]:
            return role == "adapters" or _is_promise(rest) or "/".join([name.split(".")[1], *rest]) in PARTS
        case _:
            return False


def pure(root: Path) -> list[str]:
    """2: ports, contracts, the shared modules and the sample import the standard library alone."""
    said = []
    for file in files(root):
        top = Path(file.parts[1]).stem
        promises = len(file.parts) > 2 and (_is_promise([file.stem]) or "contracts" in file.parts)
        if (top not in PURE and not promises) or "adapters" in file.parts:
            continue
        for name in sorted(imports(root, file)):
            if not is_standard(name) and name.split(".")[0] != PACKAGE:
                said.append(f"{file} imports {name}, which is not in the standard library")
    return said


def shadows(root: Path) -> list[str]:
    """5: no file is named like a standard module, or a package that it or its neighbours import."""
    said = []
    for file in files(root):
        below = [other for other in files(root) if file.parent in other.parents]
        neighbours = {name for other in below for name in imports(root, other)}
        imported = {name.split(".")[0] for name in neighbours} - {PACKAGE}
        for name in {file.stem, file.parent.name} - {"__init__", "__main__", PACKAGE}:
            if name in sys.stdlib_module_names or name in imported:
                said.append(f"{file}: copied, `{name}` would shadow the package of that name")
    return said


def stirrings(root: Path) -> list[str]:
    """6: at import nothing is read from the environment, opened or changed."""
    return [
        f"{file}:{line} {what}" for file in files(root) for line, what in _stirrings(tree(root, file).body)
    ]


def _stirrings(body: list[ast.stmt]) -> Iterator[tuple[int, str]]:
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Call() | ast.Await()):
                yield statement.lineno, "calls something at import"
            case ast.For() | ast.While() | ast.With():
                yield statement.lineno, "does work at import"
            case ast.If() if not _is_main(statement):
                yield from _stirrings(statement.body + statement.orelse)
            case ast.Try():
                handlers = [line for handler in statement.handlers for line in handler.body]
                yield from _stirrings(statement.body + handlers + statement.orelse + statement.finalbody)
            case ast.ClassDef():
                yield from _stirrings(statement.body)
            case _:
                pass
        for node in _runs_at_import(statement):
            name = (
                node.attr
                if isinstance(node, ast.Attribute)
                else node.id
                if isinstance(node, ast.Name)
                else ""
            )
            if name in {"environ", "getenv"}:
                yield node.lineno, "reads the environment at import"
            if isinstance(node, ast.Call) and _called(node) in OPENERS:
                yield node.lineno, f"opens something at import: {_called(node)}"


def _is_main(statement: ast.If) -> bool:
    return "__name__" in ast.unparse(statement.test)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _runs_at_import(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions that run when the statement is reached; of a function, its defaults."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            defaults = [d for d in statement.args.defaults + statement.args.kw_defaults if d]
            roots: list[ast.AST] = [*statement.decorator_list, *defaults]
        case ast.ClassDef():
            roots = [*statement.decorator_list, *statement.bases]
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Expr():
            roots = [statement.value] if statement.value else []
        case _:
            roots = []
    waiting = [node for node in roots if not isinstance(node, ast.Lambda)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.expr):
            yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.Lambda)]


def frameworks(root: Path) -> list[str]:
    """7: neither a port nor an adapter knows a framework; the workbench may."""
    said = []
    for file in files(root):
        known = {name.split(".")[0] for name in imports(root, file)} & FRAMEWORKS
        if known and file.parts[1] != "workbench":
            said.append(f"{file} knows a framework: {', '.join(sorted(known))}")
    return said


def gaps(root: Path) -> list[str]:
    """A pattern touches five places: its folder, its tests, its notebook, its page why, the changelog."""
    said = []
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8").lower().replace("-", " ")
    notebooks = {path.stem.partition("_")[2] for path in (root / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    for pattern in patterns(root):
        if not (root / PACKAGE / pattern / "__init__.py").is_file():
            said.append(f"{PACKAGE}/{pattern} has no __init__.py")
        if not any((root / "tests" / pattern).glob("test_*.py")):
            said.append(f"{PACKAGE}/{pattern} has no tests: tests/{pattern}/test_*.py")
        if pattern not in notebooks:
            said.append(f"{PACKAGE}/{pattern} has no notebook: notebooks/NN_{pattern}.ipynb")
        if not (root / "site-src" / "pages" / "why" / f"{pattern.replace('_', '-')}.md").is_file():
            said.append(f"{PACKAGE}/{pattern} has no page that says why, and what was left out")
        if pattern.replace("_", " ") not in changelog:
            said.append(f"CHANGELOG.md does not name {pattern.replace('_', ' ')}")
    said += [
        f"no pattern for the notebook {name}"
        for name in sorted(notebooks - set(patterns(root)) - {"start_here"})
    ]
    return said


def unlisted(root: Path) -> list[str]:
    """Import-linter keeps every pure module from technology."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    clean = {name for one in contracts if one["type"] == "forbidden" for name in one["source_modules"]}
    here = {f"{PACKAGE}.{name}" for name in PURE & {Path(file.parts[1]).stem for file in files(root)}}
    return [f"pyproject.toml: import-linter lets {name} know technology" for name in sorted(here - clean)]


GUARDS = [islands, pure, shadows, stirrings, frameworks, gaps, unlisted]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_the_house_keeps_its_shape(guard: Callable[[Path], list[str]]) -> None:
    assert guard(ROOT) == [], guard.__doc__


# What importing does, seen from outside

WATCHED = """
import sys, threading
before = set(sys.modules)
touched = []
def hook(event, args):
    if event in {"socket.connect", "socket.bind", "subprocess.Popen", "os.putenv", "os.unsetenv"}:
        touched.append(f"{event} {args[-1]!r}"[:200])
sys.addaudithook(hook)
for name in sys.argv[1:]:
    __import__(name)
known = sys.stdlib_module_names | {"infra_ref"}
print(*touched, sep="\\n", file=sys.stderr)
print(*sorted({m.split(".")[0] for m in set(sys.modules) - before} - known))
sys.exit(bool(touched) or threading.active_count() != 1)
"""


def watch(*modules: str, root: Path = ROOT) -> tuple[set[str], str]:
    """Import in a new interpreter; return the third parties that came along, and what was touched."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *modules],
        capture_output=True,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return set(done.stdout.split()), "" if done.returncode == 0 else done.stderr.strip() or "started a thread"


def test_a_package_imports_no_third_party() -> None:
    """Rule 3."""
    packages = [PACKAGE, *(f"{PACKAGE}.{pattern}" for pattern in patterns(ROOT))]
    assert watch(*packages) == (set(), "")


def test_importing_every_module_touches_nothing() -> None:
    """Rule 6, for what a syntax tree does not show."""
    names = [name for name, one in read(ROOT).modules.items() if one.stem != "__main__"]
    assert watch(*names)[1] == ""


def test_the_watch_sees_a_third_party_and_a_touch(tmp_path: Path) -> None:
    house(tmp_path, {"infra_ref/caching/__init__.py": "import rich\nimport os\nos.environ['A'] = 'b'"})
    third, touched = watch("infra_ref.caching", root=tmp_path)
    assert "rich" in third
    assert "os.putenv" in touched


# A guard that cannot complain is a defect


LISTED = """
[[tool.importlinter.contracts]]
type = "forbidden"
source_modules = ["infra_ref.result", "infra_ref.sample"]
"""


def house(root: Path, more: dict[str, str]) -> Path:
    """Write a small house without fault, and then `more` over it."""
    sound = {
        "infra_ref/__init__.py": "",
        "infra_ref/result.py": "from dataclasses import dataclass",
        "infra_ref/caching/__init__.py": "",
        "infra_ref/caching/port.py": (
            "from typing import Protocol\nfrom infra_ref.caching.messages import A\n"
            "class Codec(Protocol):\n    def encode(self): ...\n"
        ),
        "infra_ref/caching/messages.py": "A = 1",
        "infra_ref/caching/errors.py": "A = 1",
        "infra_ref/caching/value_codecs/limits.py": "A = 1",
        "infra_ref/caching/value_codecs/json_codec.py": "class JsonCodec:\n    def encode(self): ...\n",
        "infra_ref/caching/stale_cache.py": (
            "import infra_ref.caching.errors, infra_ref.caching.messages\n"
            "import infra_ref.caching.value_codecs.limits"
        ),
        "infra_ref/sample/user.py": "",
        "infra_ref/sample/adapters/tables.py": "import infra_ref.sample.user, infra_ref.caching.port",
        "infra_ref/caching/memory_cache.py": "import infra_ref.caching.port, infra_ref.clock\nA = 5",
        "infra_ref/caching/redis_cache.py": "from redis import Redis\nimport infra_ref.repository.port",
        "infra_ref/caching/make_cache.py": "from infra_ref.caching.memory_cache import MemoryCache",
        "infra_ref/caching/contracts/cache_contract.py": "from infra_ref.caching.contracts.part import Part",
        "infra_ref/caching/contracts/part.py": "from infra_ref.caching.port import Cache",
        "infra_ref/caching/contracts/other.py": "from infra_ref.caching.testing.peer import Peer",
        "infra_ref/workbench/cli.py": "import infra_ref.caching.redis_cache",
        "tests/caching/test_port.py": "",
        "notebooks/00_start_here.ipynb": "{}",
        "notebooks/05_caching.ipynb": "{}",
        "site-src/pages/why/caching.md": "# Caching",
        "CHANGELOG.md": "- Caching: a cache.",
        "pyproject.toml": LISTED,
    }
    for name, text in {**sound, **more}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_a_sound_house_is_let_be(guard: Callable[[Path], list[str]], tmp_path: Path) -> None:
    assert guard(house(tmp_path, {})) == []


BAD = [
    (islands, "infra_ref/caching/two_level.py", "from infra_ref.caching.memory_cache import MemoryCache"),
    (islands, "infra_ref/caching/two_level.py", "from infra_ref.caching import memory_cache"),
    (islands, "infra_ref/caching/two_level.py", "from .memory_cache import MemoryCache"),
    (islands, "infra_ref/caching/two_level.py", "def f():\n    import infra_ref.workbench.cli"),
    (islands, "infra_ref/caching/__init__.py", "from infra_ref.caching.redis_cache import RedisCache"),
    (islands, "infra_ref/caching/port.py", "from infra_ref.sample.user import User"),
    (islands, "infra_ref/caching/port.py", "from infra_ref.gateway.policies.retry_policy import RetryPolicy"),
    (
        islands,
        "infra_ref/caching/two_level.py",
        "import infra_ref.caching.value_codecs.json_codec",
    ),
    (islands, "infra_ref/sample/order.py", "from infra_ref.sample.adapters import tables"),
    (islands, "infra_ref/sample/order.py", "from infra_ref.caching.memory_cache import MemoryCache"),
    (islands, "infra_ref/sample/adapters/tables.py", "import infra_ref.caching.contracts.cache_contract"),
    (pure, "infra_ref/caching/port.py", "import pydantic"),
    (pure, "infra_ref/caching/port.py", "if TYPE_CHECKING:\n    from redis import Redis"),
    (pure, "infra_ref/caching/contracts/other.py", "import hypothesis"),
    (
        islands,
        "infra_ref/caching/two_level.py",
        "from infra_ref.caching.contracts.cache_contract import CacheContract",
    ),
    (pure, "infra_ref/result.py", "from pydantic import BaseModel"),
    (pure, "infra_ref/sample/user.py", "def f():\n    import attrs"),
    (pure, "infra_ref/contract/rule.py", "import pytest"),
    (shadows, "infra_ref/caching/redis.py", ""),
    (shadows, "infra_ref/caching/logging.py", ""),
    (shadows, "infra_ref/email/smtp_mail.py", ""),
    (shadows, "infra_ref/httpx/port.py", "import httpx"),
    (stirrings, "infra_ref/caching/memory_cache.py", "import logging\nlogging.basicConfig()"),
    (stirrings, "infra_ref/caching/memory_cache.py", "import os\nURL = os.environ['URL']"),
    (stirrings, "infra_ref/caching/memory_cache.py", "import os\ndef f(url=os.getenv('URL')): ..."),
    (stirrings, "infra_ref/caching/memory_cache.py", "class A:\n    client = Redis()"),
    (
        stirrings,
        "infra_ref/caching/memory_cache.py",
        "try:\n    pool = create_engine('x')\nexcept Exception:\n    pass",
    ),
    (stirrings, "infra_ref/caching/memory_cache.py", "for n in range(3):\n    pass"),
    (frameworks, "infra_ref/caching/redis_cache.py", "from fastapi import Depends"),
    (gaps, "infra_ref/repository/__init__.py", ""),
    (gaps, "notebooks/09_nothing.ipynb", "{}"),
    (unlisted, "infra_ref/clock.py", ""),
]


@pytest.mark.parametrize(("guard", "file", "text"), BAD, ids=lambda value: getattr(value, "__name__", None))
def test_a_guard_complains(guard: Callable[[Path], list[str]], file: str, text: str, tmp_path: Path) -> None:
    assert guard(house(tmp_path, {file: text})) != []
