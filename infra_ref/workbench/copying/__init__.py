"""Copying: a proved adapter is put into a project of its own, and kept current there.

Reading order: `collection` (where items come from), `library` (what each needs,
read from its imports), `ready_test` (the test that comes along), `layout` (where
a project keeps its code), `rewrite` (imports led to their new home), `lock_file`
(what was copied, and from what), `safe_path` and `journal` (writing), `states`,
`likeness` and `merge` (keeping current), `requirements` and `write_deps`. The
commands: `add`, `status`, `diff`, `update`, `remove`, `view`.

Nothing of what is copied is ever imported or run while it is copied.
"""
