"""The decorators: the same port in and out."""
