"""The one way in which a sub-command says no."""

from __future__ import annotations


class Refused(Exception):
    """What was asked for cannot be done; the message is one sentence that says what to do next.

    The command line prints the message alone and exits with 2. Anything else that
    is raised is a bug, and shows its traceback.
    """
