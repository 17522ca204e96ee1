"""The port that an HTTP process is reached at."""

import socket


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError when the port is taken.

    What it accepts sends at once. The event loop asks for that only where a socket names its protocol, which this one
    does not: an answer's last part then waited 40 ms for the other side to acknowledge the part before (RFC 1122,
    4.2.3.2 and 4.2.3.4).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
