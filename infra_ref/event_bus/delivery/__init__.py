"""How events are written as messages, and how these are given out, handled, tried again and given up."""
