"""Scripted peers and faults that contracts and tests use."""
