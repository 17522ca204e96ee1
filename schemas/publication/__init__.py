"""The topics as an API: their JSON Schemas by version, what may change without a new one, and the AsyncAPI document.

`python -m schemas.publication` publishes what has changed; a test says when something is left to publish, or may not.
"""
