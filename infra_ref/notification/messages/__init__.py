"""Mails as bytes: composed, received, and what a server answers."""
