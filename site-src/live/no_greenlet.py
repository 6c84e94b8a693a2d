"""Stands in for `greenlet`, which no browser has: it can be imported, and says why it cannot be used."""


class greenlet:  # noqa: N801 - the package's own name
    dead = False

    def __init__(self, *_, **__):
        raise RuntimeError("a page has no asynchronous database drivers: use SQLite or memory here")


def getcurrent():
    return None
