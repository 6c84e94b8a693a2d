"""What an owner changed in a copied file, with formatting seen past."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infra_ref.workbench.copying.likeness import dressed
from infra_ref.workbench.copying.lock_file import Entry
from infra_ref.workbench.copying.place import Place
from infra_ref.workbench.copying.plan import make_plan
from infra_ref.workbench.copying.states import selected


@dataclass(frozen=True, slots=True)
class Difference:
    """One file's unified diff; it is empty where nothing but form was changed."""

    entry: Entry
    path: str
    diff: str


def differences(place: Place, names: Sequence[str], *, newest: bool) -> Iterator[Difference]:
    """Yield for each file that differs what turns the base, or the newest, into what is there."""
    chosen = selected(place, names)
    others = _newest(place) if newest else {}
    for entry in chosen:
        other = others.get((entry.kind == "test", entry.path)) if newest else entry
        if other is None:
            continue  # there is no newer one
        file = place.read(entry)
        path = place.path(entry)
        found = "".join(
            difflib.unified_diff(
                dressed(other.base, file.text if file else "").splitlines(keepends=True),
                _ended(file.text).splitlines(keepends=True) if file else [],
                f"{other.collection} {other.version}/{entry.source}",
                path if file else "/dev/null",
            )
        )
        if found:
            yield Difference(entry, path, found)


def _newest(place: Place) -> dict[tuple[bool, str], Entry]:
    library = place.library()
    plan = make_plan(library, place.lock.items, place.lock.with_tests, place.layout)
    return {(entry.kind == "test", entry.path): entry for entry in plan.entries}


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"
