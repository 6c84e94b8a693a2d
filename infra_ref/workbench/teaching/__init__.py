"""The tools that the notebooks teach with. Standard library alone, no threads: they run in a browser too.

Reading order: `predict`; `exercise` (how one is declared), `sitting` (what a
learner has of it), `judging` (with `bounded`, `calls`, `shape`, `definitions`) and
`judgement`, what it says; `proof` and `generated`, how CI checks an exercise;
`knob`; `recorder` with `sequence` and `timeline`, its pictures; `bars`; `faults`;
`virtual_clock`; `progress`. `card` is how all of them look.
"""
