"""What observability decides: what must not leave, as plain functions."""
