"""What contracts and tests of caching use: a scripted source of values."""
