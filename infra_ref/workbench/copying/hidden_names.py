"""Refuse a copy that could not be imported, or that would hide another module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from infra_ref.workbench.copying.plan import Plan
from infra_ref.workbench.copying.target import CopyTarget
from infra_ref.workbench.refused import Refused


def refuse_hidden_names(target: CopyTarget, plan: Plan) -> None:
    """Refuse names that would hide a module: an installed one, or one of the project's own."""
    layout = target.layout
    code = [path for path, one in plan.files.items() if one.entry.kind == "code"]
    tops = {layout.package.split(".")[0]}
    if not layout.package:
        tops = {
            (layout.project / path).relative_to(layout.folder).parts[0].removesuffix(".py") for path in code
        }
    if hidden := sorted(tops & plan.imports):
        raise Refused(
            f"{layout.folder} would be imported as {hidden[0]}, and the items import a package of that name: "
            "give another folder."
        )
    for path in code:
        for twin in _twins(target, path):
            if twin.exists():
                file = layout.project / path
                raise Refused(
                    f"{twin} and {file} would be modules of one name, and hide each other: move yours away."
                )


def _twins(target: CopyTarget, path: str) -> Iterator[Path]:
    """Yield the paths that would be imported by the name of a copied file, or of a folder around it."""
    layout = target.layout
    file = layout.project / path
    if file.name != "__init__.py":
        yield file.with_suffix("")
    for folder in file.parents:
        if folder == layout.folder or not folder.is_relative_to(layout.folder):
            return
        yield folder.with_suffix(".py")
