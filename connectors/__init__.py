"""Connectors: one process each, a real protocol on one side, a topic with raw bytes on the other."""
