"""Security: secrets sealed, passwords checked, callers known and let in, on libraries that are kept.

Reading order: `port`, `token_port`, `aead_sealer`, `jwt_tokens`, `decorators/authorised`.
"""
