"""The policies of the decorators, as plain functions and small state machines: no I/O, no clock, no await."""
