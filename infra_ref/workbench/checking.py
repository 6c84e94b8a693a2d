"""Which contracts an adapter has to keep, and whether it keeps them."""

from __future__ import annotations

import asyncio
import difflib
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from infra_ref.contract import Contract, Progress, Report
from infra_ref.contract.blocking import Blocked, not_blocked_for
from infra_ref.workbench.catalog import ContractClass, PatternEntry
from infra_ref.workbench.loading import load, load_module, raised
from infra_ref.workbench.refused import Refused

Kind = type[Contract]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The contracts that were asked for. Of a `whole_pattern` those apply whose port the adapter keeps.

    `special` ones promise more than their port asks for, as a decorator does; they
    apply to who says so, by name or by subclassing them.
    """

    kinds: tuple[Kind, ...]
    special: tuple[Kind, ...] = ()
    whole_pattern: bool = False


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A contract of the pattern that was not tried: the adapter has none of `missing`.

    Where nothing is missing, it is one that promises more than its port asks for.
    """

    contract: str
    port: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A report for each contract that applies, and the contracts that do not."""

    reports: tuple[Report, ...]
    not_applicable: tuple[NotApplicable, ...]

    @property
    def holds(self) -> bool:
        """Whether no rule is broken."""
        return all(report.holds for report in self.reports)

    @property
    def tried(self) -> bool:
        """Whether any rule could be tried; where none was, that none is broken says nothing."""
        return any(one.outcome in ("holds", "broken") for report in self.reports for one in report.verdicts)


def contracts_for(port: str, patterns: Iterable[PatternEntry]) -> Chosen:
    """Return the contracts that `port` means.

    It is a pattern (`caching`), a port (`Cache`), a contract (`CacheContract`), or an own
    contract as `module:name`. Raises Refused, with the nearest names, when it is none.
    """
    if ":" in port:
        kind = load(port)
        if not (inspect.isclass(kind) and issubclass(kind, Contract) and any(kind.rules())):
            raise Refused(
                f"{port} is no contract: name a subclass of infra_ref.contract.Contract that has rules."
            )
        return Chosen((kind,))
    by_pattern = {pattern.name: pattern.contracts for pattern in patterns}
    every = [one for some in by_pattern.values() for one in some]
    if some := by_pattern.get(port):
        main = _main(some)
        special = tuple(_import(one) for one in some if one not in main)
        return Chosen(tuple(map(_import, main)), special, whole_pattern=True)
    if found := [one for one in every if one.name == port] or _main(
        [one for one in every if one.port == port]
    ):
        return Chosen(tuple(map(_import, found)))
    if port in by_pattern:
        raise Refused(f"{port} has no contract: `infra-ref list` says which patterns have one.")
    known = dict.fromkeys([*by_pattern, *(one.port for one in every), *(one.name for one in every)])
    near = difflib.get_close_matches(port, known, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known)}."
    raise Refused(f"There is no pattern or port {port}: {hint}")


def _main(contracts: Sequence[ContractClass]) -> list[ContractClass]:
    """Return those that say no more than their port: the one named for it, or the only one it has."""
    ports = [one.port for one in contracts]
    return [one for one in contracts if one.name == f"{one.port}Contract" or ports.count(one.port) == 1]


def _import(one: ContractClass) -> Kind:
    kind: Kind = getattr(load_module(one.module), one.name)
    return kind


async def check_adapter(
    chosen: Chosen,
    factory: Any,
    *,
    only: tuple[str, ...] = (),
    core: bool = False,
    progress: Progress | None = None,
) -> CheckResult:
    """Check what `factory` makes against the contracts that apply to it, each rule once.

    `factory` is what `Contract.verify` takes, or a contract that says itself how to make
    its adapter. A contract in which a rule hangs is the last one.

    Raises Refused when it makes none, when nothing applies to what it makes, or when a
    number of `only` is no rule of these contracts.
    """
    fitting, make = _to_try([*chosen.kinds, *chosen.special], factory)
    if wants := next((kind.wants() for kind in fitting if kind.wants()), ""):
        raise Refused(f"{wants}, with `make`, and name that in place of the adapter.")
    others = list[NotApplicable]()
    if make is not None:
        fitting = list(chosen.kinds)
    if chosen.whole_pattern and make is not None:
        names = await _names_of(fitting[0], make)
        others = [lacking for kind in fitting if (lacking := _lacking(kind, names)).missing]
        fitting = [kind for kind in fitting if kind.__name__ not in {one.contract for one in others}]
        if not fitting:
            least = min(others, key=lambda one: len(one.missing))
            raise Refused(
                f"What it makes keeps no port of the pattern; {least.port} is the nearest, and it has no "
                f"{', '.join(least.missing)}: name the port itself to be held to it all the same."
            )
        others += [_lacking(kind, names) for kind in chosen.special]
    reports, tried = list[Report](), set[str]()
    known = [rule.number for kind in fitting for rule in kind.rules()]
    if unknown := [number for number in only if number not in known]:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"they are {known[0]} to {known[-1]}."
        raise Refused(f"No rule that applies here has the number {unknown[0]}: {hint}")
    for kind in fitting:
        numbers = [rule.number for rule in kind.rules() if rule.number not in tried]
        numbers = [number for number in numbers if not only or number in only]
        if numbers:
            reports.append(await kind.verify(make, only=tuple(numbers), core=core, progress=progress))
            tried.update(numbers)
            if any(verdict.hung for verdict in reports[-1].verdicts):
                break
    return CheckResult(tuple(reports), tuple(others))


def _to_try(kinds: list[Kind], factory: Any) -> tuple[list[Kind], Callable[..., Any] | None]:
    """Return the contracts to try, and what makes the adapter where it is not the contract itself."""
    if inspect.isclass(factory) and issubclass(factory, Contract):
        if not issubclass(factory, tuple(kinds)):
            names = " or ".join(kind.__name__ for kind in kinds)
            raise Refused(
                f"{factory.__name__} is a contract, but not for this: it must be a subclass of {names}."
            )
        if not hasattr(factory, "make"):
            raise Refused(f"{factory.__name__} does not say what to make: give it a method make(self).")
        return [factory], None
    if not callable(factory):
        raise Refused(
            f"A {type(factory).__name__} makes nothing: name a class or a function that gives the adapter."
        )
    if wanted := _required(factory):
        raise Refused(
            f"{factory.__name__} wants {', '.join(wanted)}: name a function without arguments that returns "
            f"{factory.__name__}({', '.join(f'{one}=...' for one in wanted)})."
        )
    if inspect.isasyncgenfunction(factory) or inspect.isgeneratorfunction(factory):
        raise Refused(f"{factory.__name__} yields: put @contextlib.asynccontextmanager above an async def.")
    return kinds, factory


def _required(factory: Callable[..., Any]) -> list[str]:
    """Return the parameters that a caller must give, `clock` aside, which every contract has."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):
        return []
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        one.name
        for one in parameters
        if one.default is one.empty and one.kind not in variable and one.name != "clock"
    ]


async def _names_of(kind: Kind, make: Callable[..., Any]) -> set[str]:
    """Make one adapter and return the names of what it has. Raises Refused when that fails or hangs."""
    bench = type(kind.__name__, (kind,), {"make": staticmethod(make)})()
    seconds = kind.seconds_per_rule
    try:
        blocking = not_blocked_for(kind.seconds_blocked)
        async with asyncio.timeout(seconds), blocking, bench._open() as adapter:
            return set(dir(adapter))
    except Blocked as blocked:
        raise Refused(f"Making the adapter {blocked}.") from blocked
    except TimeoutError as error:
        raise Refused(f"No adapter was made within {seconds:g} s: see what the factory waits for.") from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise
    except BaseException as error:  # whatever a factory raises is told in a sentence
        raise Refused(f"Making the adapter {raised(error)}.") from error


def _lacking(kind: Kind, names: set[str]) -> NotApplicable:
    port = getattr(kind, "port", None)
    missing = tuple(sorted(_methods(port) - names)) if port else ()
    return NotApplicable(kind.__name__, getattr(port, "__name__", ""), missing)


def _methods(port: type) -> set[str]:
    """Return the names that a port asks for, inherited ones included."""
    asked = {name for base in port.__mro__ if getattr(base, "_is_protocol", False) for name in vars(base)}
    return {name for name in asked if not name.startswith("_")}
