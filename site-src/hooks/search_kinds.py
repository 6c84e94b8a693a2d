"""What a hit of the search is: its kind, and what comes first; a page's description for search engines."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

KINDS = (
    (r"reference/\w+/contract/#[A-Z0-9]+-\d+", "rule", 1),
    (r"reference/\w+/contract/", "contract", 2),
    (r"reference/\w+/(\w+_)?port/", "port", 4),
    (r"reference/\w+/$", "pattern", 4),
    (r"reference/(shared|sample)/", "shared code", 3),
    (r"reference/", "adapter", 2),
    (r"notebooks/", "notebook", 1.5),
    (r"why/", "why", 1.5),
    (r"how-to/", "how to", 3),
    (r"anti-patterns/", "anti-pattern", 4),
    (r"benchmarks/", "benchmark", 1),
)
"""By the address; how much it weighs besides."""
ADAPTER = re.compile(r"reference/(?!shared/)\w+/(?!\w*port/|contract/|build/)[\w-]+/$")
"""Below its first sentence are tables of files and of rules."""
NOTEBOOK = re.compile(r"notebooks/\w+/$|changelog/#")
"""What a notebook says is with its headings; here are its code and what that printed."""
BALLAST = re.compile(r"<pre>.*?</pre>|Rules that use it:[^<]*|</?\w+>", re.S)
"""Code, rules that are entries of their own, and tags."""
REPEATED = re.compile(r"reference/(?!shared/)\w+/(?!\w*port/)[\w-]+/#infra_ref\.")
"""What an adapter's page says of its methods is said of the port's."""


ALSO_CALLED = {
    "reference/unit_of_work/port/": "IUnitOfWork, transaction",
    "reference/repository/query_port/": "pagination, paging, cursor",
    "reference/caching/decorators-single_flight_cache/": "thundering herd, cache stampede, dogpile",
    "reference/factory/": "dependency injection, composition root, container",
    "reference/security/": "encryption, login, JWT",
    "reference/repository/port/": "optimistic lock, version",
    "reference/gateway/": "health check, retry, timeout",
    "reference/gateway/port/": "HttpMethod",
    "how-to/own-adapter/": "how do I test my own adapter",
}
"""Words that people look for and pages do not use."""


def mark(index: Path) -> None:
    """Write the kind and the weight of each entry into the search's index, and keep the words alone."""
    read = json.loads(index.read_text(encoding="utf-8"))
    read["docs"] = [one for one in read["docs"] if not REPEATED.match(one["location"]) and _tells(one)]
    for entry in read["docs"]:
        if also := ALSO_CALLED.get(entry["location"]):
            entry["title"] += f" ({also})"
        for pattern, kind, weight in KINDS:
            if re.match(pattern, entry["location"]):
                entry |= {"tags": [kind], "boost": weight}
                if kind == "rule":  # a hit of its own, not one below its page; pages.js leads on to it
                    page, _, number = entry["location"].partition("#")
                    entry |= {"location": f"{page}?rule={number}", "text": ""}
                break
    text = json.dumps(read, separators=(",", ":"), ensure_ascii=False)
    index.write_text(text, encoding="utf-8")


def _tells(entry: dict[str, str]) -> bool:
    """Take the ballast from an entry; return whether there is anything to find in it."""
    if ADAPTER.match(entry["location"]):
        entry["text"] = entry["text"].partition("</p>")[0]
    if NOTEBOOK.match(entry["location"]):
        entry["text"] = ""
    entry["text"] = " ".join(BALLAST.sub(" ", entry["text"]).split())
    return bool(entry["text"]) or "-attribute</code>" not in entry["title"]


def description(content: str) -> str:
    """Return the beginning of a page's first paragraph, in whole words."""
    for one in re.finditer(r"<p(?: [^>]*)?>(.*?)</p>", content, re.S):
        text = " ".join(html.unescape(re.sub(r"<[^>]*>", "", one[1])).split())
        if len(text) > 20:
            return text if len(text) < 160 else text[:157].rsplit(" ", 1)[0] + " ..."
    return ""
