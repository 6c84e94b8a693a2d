"""How messages are given out, handled, tried again and given up."""
