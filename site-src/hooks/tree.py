"""What stands in the repository: patterns, their files, what each file is and what it needs."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "infra_ref"
NO_PATTERN = {"contract", "sample", "workbench"}


@dataclass(frozen=True)
class Source:
    """A Python file of the package, read but not imported."""

    path: Path
    """From the root of the repository."""

    @cached_property
    def text(self) -> str:
        return (ROOT / self.path).read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def module(self) -> str:
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""

    @property
    def sentence(self) -> str:
        """The first sentence of what the file says of itself, without its full stop."""
        paragraph = " ".join(self.docstring.split("\n\n", 1)[0].split())
        return re.split(r"(?<=[.!?])\s", paragraph)[0].rstrip(".")

    @cached_property
    def imported(self) -> tuple[str, ...]:
        """The modules that it imports anywhere, sorted."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.update(self._members(node.module, node.names))
        return tuple(sorted(found))

    @staticmethod
    def _members(module: str, names: list[ast.alias]) -> Iterator[str]:
        for alias in names:
            is_module = ROOT.joinpath(*module.split("."), f"{alias.name}.py").is_file()
            yield f"{module}.{alias.name}" if is_module else module

    @property
    def public(self) -> list[str]:
        """The names that it defines for others, in the order in which they stand."""
        found: list[str] = []
        for node in self.tree.body:
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found.append(name)
                case ast.AnnAssign(target=ast.Name(id=name)):
                    found.append(name)
                case ast.Assign(targets=[ast.Name(id=name)]) if not _is_type_variable(node.value):
                    found.append(name)
        return [name for name in found if not name.startswith("_")]

    @property
    def protocols(self) -> set[str]:
        """The classes that are Protocols."""
        classes = [node for node in self.tree.body if isinstance(node, ast.ClassDef)]
        return {one.name for one in classes if any("Protocol" in ast.unparse(base) for base in one.bases)}

    def defines(self, name: str) -> bool:
        """Return whether `name`, or `Class.member`, is defined at its top."""
        head, _, member = name.partition(".")
        if not member:
            return head in self.public
        classes = [node for node in self.tree.body if isinstance(node, ast.ClassDef) and node.name == head]
        return any(getattr(one, "name", None) == member for node in classes for one in node.body)

    @property
    def house(self) -> list[str]:
        """The modules of the house that it needs to run, its own port first."""
        own = [name for name in self.imported if name.startswith(f"{PACKAGE}.")]
        return sorted(own, key=lambda name: (not name.startswith(self.module.rpartition(".")[0]), name))

    @property
    def requirements(self) -> list[str]:
        """The distributions that it needs, each with the versions that the project allows."""
        tops = {name.split(".")[0] for name in self.imported} - set(sys.stdlib_module_names) - {PACKAGE}
        return sorted(_allowed(top) for top in tops)


def _is_type_variable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in {"TypeVar", "ParamSpec"}


def _allowed(module: str) -> str:
    """Return the requirement that brings a module, as pyproject.toml has it: `redis>=7`."""
    name = module.lower().replace("_", "-")
    named = {name, f"{name}-py", f"{name}-cffi"}
    return next(
        (one for one in _listed() if re.split(r"[\[<>=~! ]", one, maxsplit=1)[0].lower() in named), name
    )


@cache
def _listed() -> tuple[str, ...]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return (*project["dependencies"], *(one for extra in extras for one in extra))


@dataclass(frozen=True)
class Pattern:
    """A folder of the package that is a pattern."""

    name: str

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()

    @cached_property
    def sources(self) -> list[Source]:
        folder = ROOT / PACKAGE / self.name
        return [Source(path.relative_to(ROOT)) for path in sorted(folder.rglob("*.py"))]

    @cached_property
    def about(self) -> Source:
        return Source(Path(PACKAGE, self.name, "__init__.py"))

    @property
    def sentence(self) -> str:
        """What the pattern is, in one sentence, without its name in front."""
        said = self.about.sentence.removeprefix(f"{self.title}: ")
        return said[:1].upper() + said[1:]

    @property
    def ports(self) -> list[Source]:
        """The port, and behind it the files of the pattern that it is spread over."""
        named = [one for one in self._top() if one.name == "port" or one.name.endswith("_port")]
        parts = {module for one in named for module in one.house}
        spread = [one for one in self._top() if one in named or one.module in parts]
        return sorted(spread, key=lambda one: (one.name != "port", self._place(one.name), one.path))

    @property
    def contracts(self) -> list[Source]:
        """The one named for the first port, then as the files stand that they are named for."""
        found = [one for one in self.sources if "contracts" in one.path.parts and one.name != "__init__"]
        main = next((port for one in self.ports for port in one.public if port in one.protocols), "")
        return sorted(found, key=lambda one: (not _named_for(one, main), self._place(one.name), one.name))

    @property
    def adapters(self) -> list[Source]:
        """All that is neither promise nor contract, in the reading order that `__init__` gives."""
        apart = {one.path for one in [*self.ports, *self.contracts]}
        rest = [one for one in self.sources if one.path not in apart and one.name != "__init__"]
        return sorted(rest, key=lambda one: (self._place(one.name), one.path))

    def _place(self, name: str) -> int:
        """Return the place in the reading order; a contract not named there stands where its subject does."""
        order = re.findall(r"`([a-z_.]+)`", self.about.docstring)
        about = name.partition("_")[0] if name.endswith("_contract") else name
        alike = (at for at, one in enumerate(order) if one.startswith(f"{about}_"))
        return order.index(name) if name in order else next(alike, 999)

    def _top(self) -> list[Source]:
        return [one for one in self.sources if len(one.path.parts) == 3]

    @property
    def notebook(self) -> Path | None:
        return next(iter(sorted((ROOT / "notebooks").glob(f"[0-9][0-9]_{self.name}.ipynb"))), None)


def _named_for(contract: Source, port: str) -> bool:
    return contract.name.replace("_", "") == f"{port.lower()}contract"


def patterns() -> list[Pattern]:
    """Return the patterns that stand, those with a notebook first, in its order."""
    folders = [path for path in (ROOT / PACKAGE).iterdir() if (path / "__init__.py").is_file()]
    found = [Pattern(path.name) for path in folders if path.name not in NO_PATTERN]
    return sorted(found, key=lambda one: (one.notebook.name if one.notebook else "~", one.name))


def shared() -> list[Source]:
    """Return the small modules that every pattern may import."""
    files = sorted((ROOT / PACKAGE).glob("*.py"))
    found = [Source(path.relative_to(ROOT)) for path in files if path.name != "__init__.py"]
    return [*found, Source(Path(PACKAGE, "contract", "__init__.py"))]


def sample() -> list[Source]:
    """Return the files of the application that the patterns serve, what it says of itself first."""
    folder = ROOT / PACKAGE / "sample"
    return [Source(path.relative_to(ROOT)) for path in sorted(folder.glob("*.py"))]


def notebooks() -> list[Path]:
    """Return the notebooks in reading order."""
    return sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def commands() -> set[str]:
    """Return the sub-commands that `infra-ref` has."""
    from infra_ref.workbench.cli import COMMANDS

    return set(COMMANDS)
