"""A real mail server for tests."""
