"""The command `infra-ref`, and the tools that the notebooks teach with.

Patterns never import it. Reading order: `cli` wires the sub-commands; each one
is a file: `lab`, `listing`, `show`, `check`, `reset`.
"""
