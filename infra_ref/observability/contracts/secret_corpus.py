"""Texts that hold a secret, as programs write them: what must come out of no log, metric, trace or page.

The keys are made up, and put together here so that no scanner takes them for real ones.
"""

from __future__ import annotations

SECRET = "swordfish"

_TOKEN = "Zq4" * 12
_PEM = "-----BEGIN {0}PRIVATE KEY-----\nMIIEv{1}\n{1}\n-----END {0}PRIVATE KEY-----"
_KEYS = {
    "AK" + "IA": "Q3" * 8,
    "AS" + "IA": "Q3" * 8,
    "AI" + "za": _TOKEN,
    "gh" + "p_": _TOKEN,
    "github" + "_pat_": _TOKEN,
    "gl" + "pat-": _TOKEN,
    "xo" + "xb-": f"12345-{_TOKEN}",
    "sk" + "_live_": _TOKEN,
    "sk" + "-proj-": _TOKEN,
    "ey" + "JhbGciOiJub25lIn0.": "eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
}

IN_TEXTS: tuple[tuple[str, str], ...] = (
    (f"GET https://ann:{SECRET}@api.test/a failed", SECRET),
    (f"postgresql+asyncpg://app:p@ss{SECRET}@db.test:5432/shop refused", SECRET),
    (f"redis://:{SECRET}@cache.test", SECRET),
    (f"GET https://api.test/a?page={SECRET}", SECRET),
    (f"https://store.test/f?X-Amz-Signature={SECRET}&X-Amz-Date=1", SECRET),
    (f"sent Authorization: Bearer {SECRET}", SECRET),
    (f"{{'authorization': 'Basic {SECRET}'}}", SECRET),
    (f"curl -H 'X-Api-Key: {SECRET}'", SECRET),
    *((f"used {scheme} {SECRET}", SECRET) for scheme in ("bearer", "Basic", "digest", "Negotiate")),
    (f"password={SECRET}", SECRET),
    (f"DB_PASSWORD: {SECRET}", SECRET),
    *(
        (f"{name}={SECRET} was given", SECRET)
        for name in ("pwd", "passphrase", "token", "credentials", "signature")
    ),
    (f"Authorization: {SECRET}", SECRET),
    (f'{{"client_secret": "{SECRET}", "id": 7}}', SECRET),
    (f"Cookie: theme=dark; sid={SECRET}", SECRET),
    (f"Set-Cookie: sid={SECRET}; Path=/; HttpOnly", SECRET),
    (f"redis://:a/b?c#{SECRET}@cache.test is no URL", SECRET),
    *((f"Authorization: {scheme} {SECRET}", SECRET) for scheme in ("Token", "ApiKey", "AWS4-HMAC-SHA256")),
    (f"[('Authorization', '{SECRET}'), (b'x-api-key', b'{SECRET}')]", SECRET),
    (f"{{'password': b'{SECRET}', 'token': 'it is {SECRET}'}}", SECRET),
    (f'{{"body": "{{\\"password\\": \\"{SECRET}\\"}}"}}', SECRET),
    *((f"password{gap}={gap}{SECRET}", SECRET) for gap in ("\t", "\n", "\u00a0", "\u200b")),
    *((f"{scheme}{gap}{SECRET}", SECRET) for scheme in ("bearer", "AUTH PLAIN") for gap in (" ", "\t", "\n")),
    (f"Command '['mysql', '--password', '{SECRET}']' failed: mysql --password {SECRET}", SECRET),
    (f"sessionid={SECRET} or session_id: {SECRET}", SECRET),
    (f"AccountKey={SECRET}==;EndpointSuffix=core.test", SECRET),
    (_PEM.format("", _TOKEN), _TOKEN),
    (_PEM.format("RSA ", _TOKEN), _TOKEN),
    (_PEM.format("OPENSSH ", _TOKEN).partition("-----END")[0], _TOKEN),
    *((f"the key {start}{rest} was refused", rest) for start, rest in _KEYS.items()),
    *((start + rest, rest) for start, rest in _KEYS.items()),
)
"""Each text with the part of it that is secret."""
