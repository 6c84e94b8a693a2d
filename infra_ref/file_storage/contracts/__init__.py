"""The contracts: what every adapter of this pattern must keep, as numbered rules."""
