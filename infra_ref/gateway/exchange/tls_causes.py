"""Whether it was TLS that failed, as far as the causes of an error show."""

from __future__ import annotations

import ssl


def refused_by_tls(error: BaseException | None) -> bool:
    """Return whether TLS itself failed; a line that is cut during the handshake shows nothing about it."""
    refused = False
    while error is not None:
        if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return False
        refused = refused or isinstance(error, ssl.SSLError)
        error = error.__cause__ or error.__context__
    return refused
