"""Equipment that the hub's processes and the connectors share: settings, clock, logs, metrics, health.

Sees only `schemas`; everything else may see it.
"""
