"""Free ports: what listens takes one, what an ended server's connections leave behind does not."""

import socket

from hub.embedded.ports import LOOPBACK, free_port


def test_a_port_that_is_listened_on_is_taken() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        assert free_port(port) != port


def test_a_server_that_ended_a_moment_ago_has_left_its_port() -> None:
    """It closed first, as one that is told to end does, so the connection stands in TIME-WAIT on its side."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((LOOPBACK, port)) as client:
            server.accept()[0].close()
            assert client.recv(1) == b""
    assert free_port(port) == port
