"""What a gateway decides, as plain functions and small state machines: no I/O, no clock, no await."""
