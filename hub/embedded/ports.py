"""Free ports on loopback."""

import random
import socket

LOOPBACK = "127.0.0.1"
OURS = range(20_000, 32_768)
"""Below those that systems give to outgoing connections (Linux: from 32768), one of which could else take a port in the
time between its being found free and its being listened on."""


def free_port(preferred: int = 0) -> int:
    """The preferred port when it is free, else another."""
    for port in (*([preferred] if preferred else []), *random.sample(OURS, 100)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As servers do: what an earlier one's connections leave behind for a minute does not make a port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError("no free port on loopback")
