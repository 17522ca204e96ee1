"""The runtime: Faust for membership, assignment and the worker; the batch lane for exactly-once processing."""
