"""Stages: a few lines each around a pure handler."""
