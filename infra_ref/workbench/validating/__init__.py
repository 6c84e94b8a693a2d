"""How `infra-ref validate` finds out whether notebooks are true.

Reading order: `findings` (what is told), `guards` (what a file says of itself),
`exercises` (that they keep their word), `run` (nbval in a process of its own) and
`cells`, the pytest plug-in in that process.
"""
