"""The exercises of the notebook on configuration, in its order."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from infra_ref.configuration.contracts.configuration_contract import ConfigurationContract
from infra_ref.configuration.errors import Misconfigured, Problem
from infra_ref.contract import rule
from infra_ref.result import Err, Ok, Result
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

Shown = Callable[[str], str]
Merged = Callable[[Any], Any]

PASSWORD = "swordfish"


async def hides_the_password(shown: Shown) -> None:
    """Check a login."""
    assert shown(f"redis://:{PASSWORD}@cache.test:6379/0") == "redis://***@cache.test:6379/0"
    assert shown(f"redis://ann:{PASSWORD}@cache.test") == "redis://***@cache.test"
    assert shown(f"nats://{PASSWORD}@events.test") == "nats://***@events.test"


async def hides_what_has_a_sign(shown: Shown) -> None:
    """Check a password that has the sign which ends it."""
    assert shown(f"redis://ann:pa@{PASSWORD}@cache.test") == "redis://***@cache.test"


async def hides_the_query(shown: Shown) -> None:
    """Check parameters."""
    assert shown(f"postgresql://db.test/shop?password={PASSWORD}") == "postgresql://db.test/shop?***"
    assert shown(f"postgresql://db.test/shop?password=pa@{PASSWORD}") == "postgresql://db.test/shop?***"


async def hides_both(shown: Shown) -> None:
    """Check a login and parameters in one URL."""
    assert shown(f"postgresql://ann@db.test/shop?password={PASSWORD}") == "postgresql://***@db.test/shop?***"


async def shows_the_rest(shown: Shown) -> None:
    """Check what is no secret."""
    assert shown("memory://") == "memory://"
    assert shown("sqlite:///data/shop.db") == "sqlite:///data/shop.db"


MASK = Exercise(
    id="configuration/mask",
    title="A URL that can be shown",
    task="""
        Return the URL for a log: three stars in place of user and password, three stars in place of a
        query, all else as it is. Where there is no login or no query, there are no stars.
    """,
    makes="shown",
    frame="""
        def shown(url):
            ____
    """,
    blank="return url",
    solution="""
        scheme, _, rest = url.partition("://")
        place, has_query, _ = rest.partition("?")
        _, has_login, host = place.rpartition("@")
        login = "***@" if has_login else ""
        return f"{scheme}://{login}{host}{'?***' if has_query else ''}"
    """,
    wrong=(
        Wrong(
            "the first sign",
            """
            scheme, _, rest = url.partition("://")
            place, has_query, _ = rest.partition("?")
            login, has_login, host = place.partition("@")
            start = f"***@{host}" if has_login else place
            return f"{scheme}://{start}{'?***' if has_query else ''}"
            """,
            breaks=("TWO",),
            feedback="A password may have an @ of its own. The last one ends it: `rpartition`.",
        ),
        Wrong(
            "the login alone",
            """
            scheme, _, rest = url.partition("://")
            _, has_login, host = rest.rpartition("@")
            return f"{scheme}://{'***@' if has_login else ''}{host}"
            """,
            breaks=("THREE", "FIVE"),
            feedback="Many drivers take the password as a parameter. Hide all that follows the `?`.",
        ),
        Wrong(
            "one or the other",
            """
            scheme, _, rest = url.partition("://")
            if "@" in rest:
                return f"{scheme}://***@{rest.rpartition('@')[2]}"
            place, has_query, _ = rest.partition("?")
            return f"{scheme}://{place}{'?***' if has_query else ''}"
            """,
            breaks=("THREE", "FIVE"),
            feedback="A URL may have both a login and a query. Take the query off first, whatever comes.",
        ),
        Wrong(
            "the login first",
            """
            scheme, _, rest = url.partition("://")
            _, has_login, host = rest.rpartition("@")
            place, has_query, _ = host.partition("?")
            return f"{scheme}://{'***@' if has_login else ''}{place}{'?***' if has_query else ''}"
            """,
            breaks=("THREE",),
            feedback="The last @ may be in the query. Take the query off before you look for a login.",
        ),
        Wrong(
            "only with a colon",
            """
            import re
            place, has_query, _ = url.partition("?")
            place = re.sub("://[^:/]*:.*@", "://***@", place)
            return place + ("?***" if has_query else "")
            """,
            breaks=("ONE", "FIVE"),
            feedback="A token stands alone before the @, without a colon. Hide all before the last @.",
        ),
        Wrong(
            "stars everywhere",
            """
            scheme, _, rest = url.partition("://")
            place, _, _ = rest.partition("?")
            return f"{scheme}://***@{place.rpartition('@')[2]}"
            """,
            breaks=("THREE", "FOUR", "FIVE"),
            feedback="Stars mean that something is hidden. Put them only where something was.",
        ),
    ),
    hints=(
        "`str.partition` gives what is before, the sign if it was found, and what is after.",
        "First take the query off, then look for the last `@` in what is left.",
    ),
    notice="`SecretUrl` in `configuration/settings.py` does this in its repr, so nobody can forget it.",
    checks=(
        Check("ONE", "the login is hidden, host, port and path stay", hides_the_password),
        Check("TWO", "a password may have an @", hides_what_has_a_sign),
        Check("THREE", "a query is hidden", hides_the_query),
        Check("FOUR", "a URL without secrets is shown as it is", shows_the_rest),
        Check("FIVE", "a login and a query are both hidden", hides_both),
    ),
)


async def later_wins(merged: Merged) -> None:
    """Check plain values."""
    assert merged([{"port": 1, "host": "a"}, {"port": 2}]) == {"port": 2, "host": "a"}
    assert merged([]) == {}


async def falsy_wins(merged: Merged) -> None:
    """Check values that are false."""
    assert merged([{"port": 1, "tls": True}, {"port": 0, "tls": False}]) == {"port": 0, "tls": False}
    assert merged([{"host": "a", "proxy": "b"}, {"host": "", "proxy": None}]) == {"host": "", "proxy": None}


async def tables_are_one(merged: Merged) -> None:
    """Check options in options."""
    pools = [{"pool": {"size": 5, "spare": {"least": 1, "most": 2}}}, {"pool": {"spare": {"most": 9}}}]
    assert merged(pools) == {"pool": {"size": 5, "spare": {"least": 1, "most": 9}}}
    deep = [{"a": {"b": {"c": {"d": 1}}}}, {"a": {"b": {"c": {"e": 2}}}}]
    assert merged(deep) == {"a": {"b": {"c": {"d": 1, "e": 2}}}}


async def of_two_kinds(merged: Merged) -> None:
    """Check an option that is a table in one layer alone."""
    assert merged([{"pool": 5}, {"pool": {"size": 6}}]) == {"pool": {"size": 6}}
    assert merged([{"pool": {"size": 6}}, {"pool": 5}]) == {"pool": 5}


async def leaves_sources(merged: Merged) -> None:
    """Check that the sources stay as they were."""
    given = [{"pool": {"size": 5, "spare": {"least": 1}}}, {"pool": {"spare": {"most": 2}}}]
    before = deepcopy(given)
    merged(given)
    assert given == before


LAYERS = Exercise(
    id="configuration/layers",
    title="Sources in layers",
    task="""
        Merge dicts of options: of an option in several, the last one wins. An option that is a dict
        in two of them is merged in the same way. What was given stays unchanged.
    """,
    makes="merged",
    frame="""
        def merged(layers):
            together = {}
            for layer in layers:
                ____
            return together
    """,
    blank="together.update(layer)",
    solution="""
        for name, value in layer.items():
            below = together.get(name)
            if isinstance(value, dict) and isinstance(below, dict):
                value = merged([below, value])
            together[name] = value
    """,
    wrong=(
        Wrong(
            "one level deep",
            """
            for name, value in layer.items():
                if isinstance(value, dict) and isinstance(together.get(name), dict):
                    value = {**together[name], **value}
                together[name] = value
            """,
            breaks=("THREE",),
            feedback="A table in a table is replaced as a whole. Call `merged` for the two dicts.",
        ),
        Wrong(
            "two levels deep",
            """
            for name, value in layer.items():
                below = together.get(name)
                if isinstance(value, dict) and isinstance(below, dict):
                    below = dict(below)
                    for key, inner in value.items():
                        if isinstance(inner, dict) and isinstance(below.get(key), dict):
                            inner = {**below[key], **inner}
                        below[key] = inner
                    value = below
                together[name] = value
            """,
            breaks=("THREE",),
            feedback="A third level is replaced as a whole. Call `merged` itself: it has no last level.",
        ),
        Wrong(
            "copied one level deep",
            """
            def into(below, above):
                for name, value in above.items():
                    if isinstance(value, dict) and isinstance(below.get(name), dict):
                        into(below[name], value)
                    else:
                        below[name] = value

            into(together, {
                name: dict(value) if isinstance(value, dict) else value for name, value in layer.items()
            })
            """,
            breaks=("FOUR",),
            feedback="The copy holds the inner dicts of the layer, and those are changed. Make new ones.",
        ),
        Wrong(
            "looks only below",
            """
            for name, value in layer.items():
                if isinstance(together.get(name), dict):
                    value = merged([together[name], value])
                together[name] = value
            """,
            breaks=("FIVE",),
            feedback="A table can be replaced by a plain value. Merge only where both are dicts.",
        ),
        Wrong(
            "None is passed over",
            """
            for name, value in layer.items():
                below = together.get(name)
                if isinstance(value, dict) and isinstance(below, dict):
                    value = merged([below, value])
                if value is not None:
                    together[name] = value
            """,
            breaks=("TWO",),
            feedback="None is a value that somebody chose, such as no proxy. The last that has it wins.",
        ),
        Wrong(
            "the first wins",
            """
            for name, value in layer.items():
                if isinstance(value, dict) and isinstance(together.get(name), dict):
                    value = merged([together.pop(name), value])
                together.setdefault(name, value)
            """,
            breaks=("ONE", "TWO", "THREE", "FIVE"),
            feedback="`setdefault` keeps what is there. The later source should win: assign.",
        ),
        Wrong(
            "in place",
            """
            for name, value in layer.items():
                if isinstance(value, dict) and isinstance(together.get(name), dict):
                    together[name].update(merged([together[name], value]))
                else:
                    together[name] = value
            """,
            breaks=("FOUR",),
            feedback="`together[name]` is the dict of the first layer itself, and `update` changes that.",
        ),
        Wrong(
            "or",
            """
            for name, value in layer.items():
                if isinstance(value, dict) and isinstance(together.get(name), dict):
                    value = merged([together[name], value])
                together[name] = value or together.get(name)
            """,
            breaks=("TWO",),
            feedback="0 and False are values that somebody chose. `or` passes over them.",
        ),
    ),
    hints=(
        "Two cases: both values are dicts, or not.",
        "If both are dicts, the new value is what `merged` makes of the two.",
    ),
    notice="The shipped one also knows where each option came from: `infra-ref config show`.",
    checks=(
        Check("ONE", "the later layer wins, what it does not name stays", later_wins),
        Check("TWO", "0, False, None and an empty text win too", falsy_wins),
        Check("THREE", "a table in two layers is merged, however deep", tables_are_one),
        Check("FOUR", "the layers stay as they were", leaves_sources),
        Check("FIVE", "of a table and a plain value, the later one wins", of_two_kinds),
    ),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """The settings that the contract asks for: two options that always have the same value."""

    name: str
    again: str


_source: list[Result[Pair, Misconfigured]] = []


class SourcedContract(ConfigurationContract):
    """The contract, with a source in memory."""

    def write(self, name: str) -> None:
        """Have the source give this value."""
        _source[:] = [Ok(Pair(name, name))]

    def spoil(self) -> None:
        """Have the source give nothing that is valid."""
        _source[:] = [Err(Misconfigured(problems=(Problem("the source", "is spoilt"),)))]


class ReloadContract(SourcedContract):
    """What the exercise asks for besides."""

    @rule("REFUSED", "an Err of `read` is returned as it is")
    async def refused(self, configuration: Any, spoil: Any) -> None:
        spoil()
        assert await configuration.reload() is _source[0]

    @rule("FAILED", "whatever a subscriber raises is kept in `failed`")
    async def keeps_errors(self, configuration: Any, write: Any) -> None:
        raised = [ConnectionError("first"), KeyError("second")]

        def fails(before: Any, after: Any) -> None:
            raise raised[len(configuration.failed)]

        configuration.subscribe(fails)
        configuration.subscribe(fails)
        write("second")
        await configuration.reload()
        assert configuration.failed == raised


def sourced(kind: Callable[..., Any]) -> Callable[[], Any]:
    """Return what makes a configuration of `kind(first, read)` on the source of the contract."""

    def make() -> Any:
        first = Pair("first", "first")
        _source[:] = [Ok(first)]
        return kind(first, lambda: _source[0])

    return make


RELOAD = Exercise(
    id="configuration/reload",
    title="Whole, or not at all",
    task="""
        `self.read()` gives a Result. Put new settings in force: `current` is the new snapshot, and each
        subscriber is called with the settings before and after. Return `Ok(True)` if they changed,
        `Ok(False)` if they are equal, and an Err as it is. A subscriber that raises stops no other:
        keep its error in `failed`.
    """,
    makes="Reloading",
    given="from infra_ref.result import Err, Ok",
    frame="""
        class Reloading:
            def __init__(self, first, read):
                self.current, self.read = first, read
                self.subscribers, self.failed = [], []

            def subscribe(self, changed):
                self.subscribers.append(changed)

            async def reload(self):
                ____
    """,
    blank="return Ok(False)",
    solution="""
        read, before = self.read(), self.current
        if isinstance(read, Err):
            return read
        if read.value == before:
            return Ok(False)
        self.current = read.value
        for changed in self.subscribers:
            try:
                changed(before, self.current)
            except Exception as error:
                self.failed.append(error)
        return Ok(True)
    """,
    wrong=(
        Wrong(
            "the error is dropped",
            """
            read, before = self.read(), self.current
            if isinstance(read, Err):
                return read
            if read.value == before:
                return Ok(False)
            self.current = read.value
            for changed in self.subscribers:
                try:
                    changed(before, self.current)
                except Exception:
                    pass
            return Ok(True)
            """,
            breaks=("FAILED",),
            feedback="Nobody hears that a pool was not reopened. Append the error to `self.failed`.",
        ),
        Wrong(
            "what is refused looks like no change",
            """
            read, before = self.read(), self.current
            if isinstance(read, Err) or read.value == before:
                return Ok(False)
            self.current = read.value
            for changed in self.subscribers:
                try:
                    changed(before, self.current)
                except Exception as error:
                    self.failed.append(error)
            return Ok(True)
            """,
            breaks=("REFUSED",),
            feedback="Whoever asked for the reload takes a spoilt file for an equal one. Return the Err.",
        ),
        Wrong(
            "an error of one stops the others",
            """
            read, before = self.read(), self.current
            if isinstance(read, Err) or read.value == before:
                return read.map(lambda _: False)
            self.current = read.value
            for changed in self.subscribers:
                changed(before, self.current)
            return Ok(True)
            """,
            breaks=("CONF-08", "FAILED"),
            feedback="The first one raised, and the second was never called. Catch the error of each.",
        ),
        Wrong(
            "told too early",
            """
            read, before = self.read(), self.current
            if isinstance(read, Err) or read.value == before:
                return read.map(lambda _: False)
            for changed in self.subscribers:
                try:
                    changed(before, read.value)
                except Exception as error:
                    self.failed.append(error)
            self.current = read.value
            return Ok(True)
            """,
            breaks=("CONF-06",),
            feedback="A subscriber that looks at `current` sees the old settings. Assign the new first.",
        ),
        Wrong(
            "every reload is a change",
            """
            read, before = self.read(), self.current
            if isinstance(read, Err):
                return read
            self.current = read.value
            for changed in self.subscribers:
                try:
                    changed(before, self.current)
                except Exception as error:
                    self.failed.append(error)
            return Ok(True)
            """,
            breaks=("CONF-07",),
            feedback="A file that was only touched would reopen every pool. Compare with what is in force.",
        ),
    ),
    hints=(
        "Keep the old snapshot in a variable first: you need it to compare, and to tell the subscribers.",
        "The order is: compare, put in force, call each subscriber in a `try` of its own.",
    ),
    notice="The shipped one also reads in a thread, and runs one reload at a time: the last one decides.",
    contract=ReloadContract,
    only=(
        *("CONF-01", "CONF-02", "CONF-03", "CONF-05", "CONF-06", "CONF-07", "CONF-08"),
        *("REFUSED", "FAILED"),
    ),
    bench=sourced,
)
