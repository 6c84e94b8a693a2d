"""The exercises of the notebook on observability, in its order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

Redact = Callable[[Any], Any]


async def finds_names(redact: Redact) -> None:
    """Check the top level."""
    assert redact({"password": "swordfish", "user": "ann"}) == {"password": "***", "user": "ann"}


async def any_case(redact: Redact) -> None:
    """Check headers."""
    for name in ("Authorization", "TOKEN", "passWord"):
        assert redact({name: "swordfish"}) == {name: "***"}


async def looks_inside(redact: Redact) -> None:
    """Check what lies deeper."""
    assert redact({"calls": [{"token": "swordfish"}]}) == {"calls": [{"token": "***"}]}


async def leaves_alone(redact: Redact) -> None:
    """Check that the caller's data is the caller's."""
    given = {"headers": {"token": "swordfish"}}
    redact(given)
    assert given == {"headers": {"token": "swordfish"}}


async def whatever_it_is(redact: Redact) -> None:
    """Check secrets that are no texts."""
    for value in (["swordfish"], {"scheme": "basic", "value": "swordfish"}, 4711):
        assert redact({"token": value}) == {"token": "***"}


REDACT = Exercise(
    id="observability/redact",
    title="Secrets, however deep",
    task="""
        Return a copy of `value` in which everything that goes under a secret name is `"***"`:
        in dicts, in lists, and in dicts within lists. `SECRET` has the names, in lower case.
    """,
    makes="hide",
    given='SECRET = {"password", "token", "authorization"}',
    frame="""
        def hide(value):
            if isinstance(value, dict):
                ____
            if isinstance(value, list):
                return [hide(one) for one in value]
            return value
    """,
    blank="return value",
    solution="""
        return {name: "***" if name.lower() in SECRET else hide(one) for name, one in value.items()}
    """,
    wrong=(
        Wrong(
            "the top alone",
            'return {name: "***" if name.lower() in SECRET else one for name, one in value.items()}',
            breaks=("THREE",),
            feedback="Headers lie in a request, and the request in a list. Call `hide` for each value.",
        ),
        Wrong(
            "the exact name",
            'return {name: "***" if name in SECRET else hide(one) for name, one in value.items()}',
            breaks=("TWO",),
            feedback="Names of headers know no case: `name.lower()`.",
        ),
        Wrong(
            "in place",
            """
            for name in value:
                value[name] = "***" if name.lower() in SECRET else hide(value[name])
            return value
            """,
            breaks=("FOUR",),
            feedback="It is the caller's own dict: the next request goes out with stars for a token.",
        ),
        Wrong(
            "only texts",
            """
            return {
                name: "***" if name.lower() in SECRET and isinstance(one, str) else hide(one)
                for name, one in value.items()
            }
            """,
            breaks=("FIVE",),
            feedback="A PIN is a number, and a header may have a list of values. The name alone decides.",
        ),
        Wrong(
            "looks inside first",
            """
            return {
                name: hide(one) if isinstance(one, dict | list) else "***" if name.lower() in SECRET else one
                for name, one in value.items()
            }
            """,
            breaks=("FIVE",),
            feedback="Under a secret name all is secret, a list and a dict as well. Ask for the name first.",
        ),
    ),
    hints=(
        "A dict comprehension over `value.items()` makes the copy.",
        "For each value there are two cases: the name is secret, or `hide` looks into the value.",
    ),
    notice="`redaction.py` also looks into texts: a URL has its secrets without a name.",
    checks=(
        Check("ONE", "a secret is gone, what is none stays", finds_names),
        Check("TWO", "in capitals too", any_case),
        Check("THREE", "in lists and deeper", looks_inside),
        Check("FOUR", "what was given is as it was", leaves_alone),
        Check("FIVE", "whatever it is that goes under a secret name", whatever_it_is),
    ),
)


Labels = Callable[[str, int], dict[str, str]]


async def stays_few(labels: Labels) -> None:
    """Check that ids and queries make no series."""
    seen = {tuple(sorted(labels(f"https://api.test/users/{n}?token={n}", 200).items())) for n in range(1000)}
    assert len(seen) == 1
    one = labels("https://api.test/users/7?token=swordfish", 200)
    assert sorted(one) == ["outcome", "route"]
    assert one["route"] == "/users/{id}"


async def keeps_routes_apart(labels: Labels) -> None:
    """Check that what differs in kind differs in label."""
    paths = ("/users", "/users/7", "/orders/a7f3", "/orders/7/lines", "/users/7/orders/b52-c")
    seen = [labels(f"https://api.test{path}", 200)["route"] for path in paths]
    assert seen == ["/users", "/users/{id}", "/orders/{id}", "/orders/{id}/lines", "/users/{id}/orders/{id}"]
    for path in ("/order-lines", "/orders/recent", "/cafe"):
        assert labels(f"https://api.test{path}", 200)["route"] == path


async def tells_outcomes(labels: Labels) -> None:
    """Check the outcome."""
    seen = [labels("https://api.test/users", status)["outcome"] for status in (200, 204, 301, 404, 503)]
    assert seen == ["2xx", "2xx", "3xx", "4xx", "5xx"]


LABELS = Exercise(
    id="observability/labels",
    title="Labels that stay few",
    task="""
        Return the labels of an HTTP call: `route`, its path with `{id}` for every part that has a digit
        in it, and `outcome`, the class of its status: "2xx", "3xx" and so on. Host and query are no labels.
        `urlsplit(url).path` is the path.
    """,
    makes="labels",
    given="from urllib.parse import urlsplit",
    frame="""
        def labels(url, status):
            ____
    """,
    blank='return {"route": url, "outcome": str(status)}',
    solution="""
        parts = urlsplit(url).path.split("/")
        named = ["{id}" if any(map(str.isdigit, part)) else part for part in parts]
        return {"route": "/".join(named), "outcome": f"{status // 100}xx"}
    """,
    wrong=(
        Wrong(
            "the query is cut off",
            'return {"route": urlsplit(url).path, "outcome": f"{status // 100}xx"}',
            breaks=("LABEL-01", "LABEL-02"),
            feedback="The id is still in the path: a series for every user.",
        ),
        Wrong(
            "only whole numbers",
            """
            parts = urlsplit(url).path.split("/")
            named = ["{id}" if part.isdigit() else part for part in parts]
            return {"route": "/".join(named), "outcome": f"{status // 100}xx"}
            """,
            breaks=("LABEL-02",),
            feedback="An id may have letters too, such as `a7f3`: one digit in a part makes it an id.",
        ),
        Wrong(
            "every status",
            """
            parts = urlsplit(url).path.split("/")
            named = ["{id}" if any(map(str.isdigit, part)) else part for part in parts]
            return {"route": "/".join(named), "outcome": str(status)}
            """,
            breaks=("LABEL-03",),
            feedback="Sixty statuses for every route are many series. The class is enough: `status // 100`.",
        ),
        Wrong(
            "a redirect is a success",
            """
            parts = urlsplit(url).path.split("/")
            named = ["{id}" if any(map(str.isdigit, part)) else part for part in parts]
            outcome = "2xx" if status < 400 else "4xx" if status < 500 else "5xx"
            return {"route": "/".join(named), "outcome": outcome}
            """,
            breaks=("LABEL-03",),
            feedback="A 301 has a class of its own. Divide, and no class is forgotten: `status // 100`.",
        ),
        Wrong(
            "the second part",
            """
            parts = urlsplit(url).path.split("/")
            if len(parts) > 2:
                parts[2] = "{id}"
            return {"route": "/".join(parts), "outcome": f"{status // 100}xx"}
            """,
            breaks=("LABEL-02",),
            feedback="An id may come later too, and what comes second may be a word. Look at each part.",
        ),
        Wrong(
            "what is no word",
            """
            parts = urlsplit(url).path.split("/")
            named = ["{id}" if part and not part.isalpha() else part for part in parts]
            return {"route": "/".join(named), "outcome": f"{status // 100}xx"}
            """,
            breaks=("LABEL-02",),
            feedback="`order-lines` has no digit and is no id: then two routes become one.",
        ),
        Wrong(
            "the first part only",
            """
            first = urlsplit(url).path.split("/")[1]
            return {"route": f"/{first}", "outcome": f"{status // 100}xx"}
            """,
            breaks=("LABEL-01", "LABEL-02"),
            feedback="Then nobody sees whether the list of orders is slow, or one order.",
        ),
    ),
    hints=(
        "Split the path at `/`, replace some of the parts, and join them again.",
        "`any(map(str.isdigit, part))` tells whether a part has a digit in it.",
    ),
    notice="A framework knows the route before it is filled in (`/users/{id}`): take that where you can.",
    checks=(
        Check("LABEL-01", "a thousand users and tokens make one series", stays_few),
        Check("LABEL-02", "routes of different kinds have different labels", keeps_routes_apart),
        Check("LABEL-03", "the outcome is the class of the status", tells_outcomes),
    ),
)


Watch = Callable[[float, float, float], Callable[[float, float], bool]]
"""Given above, below and lasts, returns a function of a value and a time that says whether it fires."""


async def fires_after_a_while(make: Watch) -> None:
    """Let it be high."""
    watch = make(0.5, 0.2, 60)
    assert [watch(0.9, at) for at in (0, 30, 59, 60, 600)] == [False, False, False, True, True]
    watch = make(10, 5, 30)
    assert [watch(10, at) for at in (0, 29, 30)] == [False, False, True]


async def starts_anew(make: Watch) -> None:
    """Let it be high now and then."""
    watch = make(0.5, 0.2, 60)
    assert [watch(0.9 if at % 60 else 0.1, at) for at in range(0, 600, 20)] == [False] * 30


async def stays_between(make: Watch) -> None:
    """Let it waver about the upper limit once it fires, and then be high for a moment less than long."""
    watch = make(0.5, 0.2, 60)
    watch(0.9, 0)
    assert [watch(0.45 if at % 40 else 0.55, at) for at in range(60, 600, 20)] == [False] * 27
    watch(0.9, 600)
    seen = [watch(value, at) for value, at in ((0.9, 660), (0.45, 700), (0.3, 900), (0.49, 2000))]
    assert seen == [True] * 4


async def is_over_after_a_while(make: Watch) -> None:
    """Let it be low again."""
    watch = make(0.5, 0.2, 60)
    watch(0.9, 0)
    watch(0.9, 60)
    seen = [
        watch(0.1, 100),
        watch(0.1, 159),
        watch(0.9, 160),
        watch(0.1, 170),
        watch(0.1, 230),
        watch(0.9, 240),
    ]
    assert seen == [True, True, True, True, False, False]
    watch = make(10, 5, 30)
    watch(10, 0)
    watch(10, 30)
    values = ((5, 40), (7, 60), (5, 69), (5, 98), (5, 99), (10, 100), (10, 129), (10, 130))
    assert [watch(*one) for one in values] == [True, True, True, True, False, False, False, True]


ALERT = Exercise(
    id="observability/alert",
    title="An alert that lets you sleep",
    task="""
        `watch(value, now)` returns whether the alert fires. It begins once the value was at or above
        `above` for `lasts` seconds without a break, and ends once it was at or below `below` for as
        long. `since` is when the present run of such values began, None while there is none.
    """,
    makes="make_watch",
    frame="""
        def make_watch(above, below, lasts):
            firing, since = False, None

            def watch(value, now):
                nonlocal firing, since
                ____
                return firing

            return watch
    """,
    blank="firing = value >= above",
    solution="""
        turns = value <= below if firing else value >= above
        if not turns:
            since = None
        elif since is None:
            since = now
        if since is not None and now - since >= lasts:
            firing, since = not firing, None
    """,
    wrong=(
        Wrong(
            "one limit",
            """
            turns = value < above if firing else value >= above
            if not turns:
                since = None
            elif since is None:
                since = now
            if since is not None and now - since >= lasts:
                firing, since = not firing, None
            """,
            breaks=("CALM-03", "CALM-04"),
            feedback="It ends below the limit where it began: a value about that limit wakes you all night.",
        ),
        Wrong(
            "a break is forgiven",
            """
            turns = value <= below if firing else value >= above
            if turns and since is None:
                since = now
            if since is not None and now - since >= lasts:
                firing, since = not firing, None
            """,
            breaks=("CALM-02", "CALM-03", "CALM-04"),
            feedback="A spike an hour, and after the second it fires. Without a break: else `since = None`.",
        ),
        Wrong(
            "over at once",
            """
            if firing:
                firing = value > below
            elif value < above:
                since = None
            elif since is None:
                since = now
            elif now - since >= lasts:
                firing, since = True, None
            """,
            breaks=("CALM-04",),
            feedback="A store that answers once in between is not well yet. What is over lasts, too.",
        ),
        Wrong(
            "above alone",
            """
            turns = value <= below if firing else value > above
            if not turns:
                since = None
            elif since is None:
                since = now
            if since is not None and now - since >= lasts:
                firing, since = not firing, None
            """,
            breaks=("CALM-01", "CALM-04"),
            feedback="*At* or above: a share of 1.0 is never above 1.0, and that alert would never fire.",
        ),
        Wrong(
            "only a high value breaks the end",
            """
            if value <= below if firing else value >= above:
                since = now if since is None else since
            elif not firing or value >= above:
                since = None
            if since is not None and now - since >= lasts:
                firing, since = not firing, None
            """,
            breaks=("CALM-04",),
            feedback="A value between the limits is not low: it breaks the run that would end the alert.",
        ),
    ),
    hints=(
        "What would turn it depends on what it is: low values while it fires, high ones while it does not.",
        "A value that does not turn it ends the run: `since = None`. The first that does begins one.",
        "Once a run has lasted long enough, `firing` is the other, and there is no run.",
    ),
    notice="`memory_alerts.py` keeps apart that it fires and that somebody was told: a mail can fail.",
    checks=(
        Check("CALM-01", "it fires once the value was high for that long", fires_after_a_while),
        Check("CALM-02", "a break begins the time anew", starts_anew),
        Check("CALM-03", "between the limits it stays what it is", stays_between),
        Check("CALM-04", "it is over once the value was low for as long", is_over_after_a_while),
    ),
)
