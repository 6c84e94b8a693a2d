"""How each copied file stands: to what was written, and to what is newest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from infra_ref.workbench.copying.likeness import same
from infra_ref.workbench.copying.lock_file import Entry, hash_of
from infra_ref.workbench.copying.place import Place
from infra_ref.workbench.copying.plan import newest
from infra_ref.workbench.copying.safe_path import confined
from infra_ref.workbench.refused import Refused

Word = Literal["unchanged", "edited", "outdated", "both", "missing"]


@dataclass(frozen=True, slots=True)
class State:
    """One copied file. `newest` is the version that can be had, None if the source is no more."""

    entry: Entry
    path: str
    word: Word
    newest: str | None


def states(place: Place) -> Iterator[State]:
    """Yield the state of every copied file, in the order of their paths."""
    library = place.library()
    for entry in sorted(place.lock.entries.values(), key=place.path):
        found = newest(library, entry)
        outdated = found is not None and found[0] != entry.source_hash
        edited = is_edited(place, entry)
        word: Word = (
            "both" if edited and outdated else "edited" if edited else "outdated" if outdated else "unchanged"
        )
        yield State(
            entry, place.path(entry), "missing" if edited is None else word, found[1] if found else None
        )


def is_edited(place: Place, entry: Entry) -> bool | None:
    """Return whether the owner changed more than the form of a file; None if it is missing."""
    path = confined(place.layout.project, place.path(entry))
    try:
        file = place.read(entry)
    except Refused:
        return path.exists()  # it is not even text any more
    if file is None:
        return None
    return hash_of(file.text) != entry.hash and not same(entry.base, file.text)


def selected(place: Place, names: Iterable[str]) -> list[Entry]:
    """Return the entries of items or paths, all of them for no names. Raises Refused for an unknown one."""
    entries = sorted(place.lock.entries.values(), key=place.path)
    chosen: list[Entry] = []
    for name in names:
        plain = name.removesuffix(".py").strip("/")
        hit = [
            one
            for one in entries
            if plain in (one.source, place.path(one).removesuffix(".py"), one.path.removesuffix(".py"))
        ]
        if not hit:
            raise Refused(f"{name} was not copied here: `infra-ref status` lists what was.")
        chosen += [one for one in hit if one not in chosen]
    return chosen or [one for one in entries if one.kind != "package"]
