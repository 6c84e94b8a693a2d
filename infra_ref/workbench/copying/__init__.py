"""Copying: an adapter that the tests tested is put into a project of its own, and kept current there.

Reading order: `collection` (where items come from), `library` (what each needs, read from its imports),
`layout` (where a project keeps its code and its tests), `rewrite` (imports changed to their new home),
`project_style` (the project's own ruff), `parts` (what is production code, and what is for tests), `plan`
(every file, in its final text), `lock` (what was copied, and from what), `target`, `changing` and
`removing` (what the commands do), `journal` (all of it or nothing), `merge` and `formatting` (the owner's
edits are kept, whatever the formatter), `states`, `requirements`, `write_deps`, `report`, `commands`.

Nothing of what is copied is ever imported or run while it is copied.
"""
