"""The tools that the notebooks teach with. Standard library alone, no threads: they run in a browser too.

Reading order: `predict`, `exercise` (and `judgement`, what it says), `proof`
(how CI holds an exercise to its word); `recorder` with `sequence` and
`timeline`, its pictures; `bars`; `faults`; `virtual_clock`; `progress`. `card` is how
all of them look.
"""
