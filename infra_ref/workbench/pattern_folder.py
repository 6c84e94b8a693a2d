"""A pattern's folder: which file has which role, and what the table beside its code says."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra_ref.workbench.source_file import Module

if TYPE_CHECKING:
    from infra_ref.workbench.source_tree import SourceTree

TABLE = "pattern.toml"
"""Holds, in a pattern's folder, what cannot be read from its code."""


@dataclass(frozen=True)
class Pattern:
    """One pattern's folder, by the roles of its files. Modules are in the reading order of `__init__`."""

    tree: SourceTree
    name: str

    @cached_property
    def modules(self) -> list[Module]:
        """Every file, `__init__` files included."""
        return self.tree.within(self.name)

    @property
    def about(self) -> Module | None:
        """The `__init__.py`, or None where it is missing."""
        return self.tree.modules.get(f"{self.tree.package}.{self.name}")

    @property
    def title(self) -> str:
        """The name as words: `Unit of work`."""
        return self.name.replace("_", " ").capitalize()

    @property
    def sentence(self) -> str:
        """What the pattern is, in one sentence, without its name in front."""
        said = (self.about.sentence if self.about else "").removeprefix(f"{self.title}: ")
        return said[:1].upper() + said[1:]

    @cached_property
    def ports(self) -> list[Module]:
        """`port.py`, then the further ports: files that end in `_port`."""
        found = [one for one in self._top() if one.stem == "port" or one.stem.endswith("_port")]
        return sorted(found, key=lambda one: (one.stem != "port", *self._order(one)))

    @cached_property
    def promise(self) -> list[Module]:
        """The ports, and the files at the top that they are spread over."""
        parts = {name for one in self.ports for name in self.tree.imports_here(one)}
        spread = [one for one in self._top() if one in self.ports or one.name in parts]
        return sorted(spread, key=lambda one: (one.stem != "port", *self._order(one)))

    @cached_property
    def contracts(self) -> list[Module]:
        """The files of `contracts/`, the one named for the first port first."""
        main = next((name for one in self.ports for name in one.protocols), "")
        found = [one for one in self.modules if "contracts" in one.role.split("/") and not one.is_package]
        return sorted(
            found,
            key=lambda one: (one.stem.replace("_", "") != f"{main.lower()}contract", *self._order(one)),
        )

    @cached_property
    def others(self) -> list[Module]:
        """Adapters, decorators and the rest: what is neither promise nor contract."""
        apart = [*self.promise, *self.contracts]
        rest = [one for one in self.modules if one not in apart and not one.is_package]
        return sorted(rest, key=self._order)

    @cached_property
    def reading_path(self) -> list[Module]:
        """The files that the paragraph `Reading path: ...` of `__init__` names, in its order."""
        text = self.about.docstring if self.about else ""
        found = re.search(r"^Reading (?:path|order): (.*?)(?:\n\n|\Z)", text, re.M | re.S)
        names = re.findall(r"`([\w./]+)`", found[1]) if found else []
        modules = (self.named(name) for name in dict.fromkeys(names))
        return [one for one in modules if one is not None]

    def named(self, name: str) -> Module | None:
        """Return the pattern's file that `redis_cache` or `decorators/stale_cache` means."""
        wanted = name.removesuffix(".py").replace(".", "/")
        for one in self.modules:
            inside = "/".join(one.place.with_suffix("").parts[2:])
            if not one.is_package and wanted in (one.stem, inside):
                return one
        return None

    @cached_property
    def table(self) -> dict[str, Any]:
        """What `pattern.toml` says, {} where there is none."""
        path = self.tree.folder / self.name / TABLE
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def notebook(self, folder: Path | None) -> Path | None:
        """Return the pattern's notebook among those in `folder`."""
        found = sorted(folder.glob(f"[0-9][0-9]_{self.name}.ipynb")) if folder else []
        return found[0] if found else None

    def _top(self) -> list[Module]:
        return [one for one in self.modules if not one.role and not one.is_package]

    def _order(self, module: Module) -> tuple[int, str]:
        text = self.about.docstring if self.about else ""
        order = re.findall(r"`(?:[\w./]*/)?(\w+)`", text)
        about = f"{module.stem.partition('_')[0]}_" if module.stem.endswith("_contract") else None
        alike = (at for at, one in enumerate(order) if about and one.startswith(about))
        place = order.index(module.stem) if module.stem in order else next(alike, 999)
        return place, module.name
