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
    """Check a header."""
    assert redact({"Authorization": "swordfish"}) == {"Authorization": "***"}


async def looks_inside(redact: Redact) -> None:
    """Check what lies deeper."""
    assert redact({"calls": [{"token": "swordfish"}]}) == {"calls": [{"token": "***"}]}


async def leaves_alone(redact: Redact) -> None:
    """Check that the caller's data is the caller's."""
    given = {"headers": {"token": "swordfish"}}
    redact(given)
    assert given == {"headers": {"token": "swordfish"}}


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
    ),
)


Labels = Callable[[str, int], dict[str, str]]


async def stays_few(labels: Labels) -> None:
    """Check that ids and queries make no series."""
    seen = {tuple(sorted(labels(f"https://api.test/users/{n}?token={n}", 200).items())) for n in range(1000)}
    assert len(seen) == 1
    assert labels("https://api.test/users/7?token=swordfish", 200)["route"] == "/users/{id}"


async def keeps_routes_apart(labels: Labels) -> None:
    """Check that what differs in kind differs in label."""
    paths = ("/users", "/users/7", "/orders/7", "/orders/7/lines")
    seen = [labels(f"https://api.test{path}", 200)["route"] for path in paths]
    assert seen == ["/users", "/users/{id}", "/orders/{id}", "/orders/{id}/lines"]


async def tells_outcomes(labels: Labels) -> None:
    """Check the outcome."""
    seen = [labels("https://api.test/users", status)["outcome"] for status in (200, 204, 404, 503)]
    assert seen == ["2xx", "2xx", "4xx", "5xx"]


LABELS = Exercise(
    id="observability/labels",
    title="Labels that stay few",
    task="""
        Return the labels of an HTTP call: `route`, its path with `{id}` for every part that has a digit
        in it, and `outcome`, the class of its status: "2xx", "4xx", "5xx". Host and query are no labels.
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
            return {"route": "/".join(named), "outcome": str(status)}
            """,
            breaks=("LABEL-03",),
            feedback="Sixty statuses for every route are many series. The class is enough: `status // 100`.",
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
