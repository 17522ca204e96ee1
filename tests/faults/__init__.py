"""The fault suite: `make faults [ONLY=crash,pause] [SERIES=n] [SEED=n]`.

Each series starts a broker and the hub's stages, feeds them messages, does something terrible, lets it heal, waits
until nothing is left to do, and compares everything that was written with what a serial replay of the same logs says.
"""
