"""How each copied file compares with what was written, and with what is newest."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from infra_ref.workbench.copying.formatting import formatted_like
from infra_ref.workbench.copying.library import Library
from infra_ref.workbench.copying.lock import Entry, hash_of, newer
from infra_ref.workbench.copying.plan import make_plan
from infra_ref.workbench.copying.project_style import style_of
from infra_ref.workbench.copying.target import CopyTarget
from infra_ref.workbench.refused import Refused

Word = Literal["unchanged", "edited", "outdated", "both", "missing", "conflicted"]
FAILS = {"outdated", "both", "missing", "conflicted"}
"""What `status --check` does not let pass."""


@dataclass(frozen=True, slots=True)
class State:
    """One copied file. `newest` is the version that can be had, None if the source is no more."""

    entry: Entry
    word: Word
    newest: str | None


def states(target: CopyTarget) -> Iterator[State]:
    """Yield the state of every copied file, in the order of their paths."""
    library = target.library()
    for entry in target.entries:
        found = _newest(library, entry)
        outdated = found is not None and found[0] != entry.source and not newer(entry.version, found[1])
        edited = target.is_edited(entry)
        word: Word = (
            "both" if edited and outdated else "edited" if edited else "outdated" if outdated else "unchanged"
        )
        if edited is None:
            word = "missing"
        elif edited and target.has_conflict(entry):
            word = "conflicted"
        yield State(entry, word, found[1] if found else None)


def _newest(library: Library, entry: Entry) -> tuple[str, str] | None:
    """Return the hash of an entry's source as it is today, and its version; None if it is no more."""
    if entry.kind == "package":
        return entry.source, entry.version
    try:
        source = library.item(entry.item)
        path = source.test if entry.is_ready_test else source.module.path
        text = path.read_text(encoding="utf-8-sig") if path else None
    except (Refused, OSError):
        return None
    return None if text is None else (hash_of(text), source.collection.version)


def selected(target: CopyTarget, names: Iterable[str]) -> list[Entry]:
    """Return the entries of items or paths, all of them for no names. Raises Refused for an unknown one."""
    chosen: list[Entry] = []
    for name in names:
        plain = name.removesuffix(".py").strip("/")
        hit = [one for one in target.entries if plain in (one.item, one.path.removesuffix(".py"))]
        if not hit:
            raise Refused(f"{name} was not copied here: `infra-ref status` lists what was.")
        chosen += [one for one in hit if one not in chosen]
    return chosen or [one for one in target.entries if one.kind != "package"]


def differences(target: CopyTarget, names: Sequence[str], *, newest: bool) -> Iterator[tuple[str, str]]:
    """Yield path and diff of each file that differs: from its base, or the newest, to what is there."""
    where, layout = target.layout.target, target.layout
    texts: dict[str, tuple[str, str]] = {}
    if newest:
        items, tested = target.lock.items_of(where), target.lock.tested(where)
        plan = make_plan(target.library(), items, tested, layout, style_of(layout), known=target.lock.entries)
        texts = {path: (one.text, one.entry.version) for path, one in plan.files.items()}
    for entry in selected(target, names):
        text, version = texts.get(entry.path, ("", "")) if newest else (target.base(entry), entry.version)
        if newest and entry.path not in texts:
            continue  # there is no newer one
        file = target.read(entry.path)
        found = "".join(
            difflib.unified_diff(
                formatted_like(text, file.text if file else "").splitlines(keepends=True),
                _ended(file.text).splitlines(keepends=True) if file else [],
                f"{entry.collection} {version}/{entry.item}",
                entry.path if file else "/dev/null",
            )
        )
        if found:
            yield entry.path, found


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"
