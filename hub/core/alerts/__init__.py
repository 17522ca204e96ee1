"""Alerts: which ones stand is a pure function of the facts known and the day."""
