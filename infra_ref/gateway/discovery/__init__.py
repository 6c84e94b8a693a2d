"""Registries of instances, and the gateway to all services that they know."""
