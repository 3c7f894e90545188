"""The guard of conftest.py lets this machine through and nothing else."""

import asyncio
import socket
import urllib.request

import pytest


def test_another_machine_is_refused():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock,
        pytest.raises(RuntimeError, match=r"192\.0\.2\.1:80"),
    ):
        sock.connect(("192.0.2.1", 80))


def test_a_name_is_refused_before_it_is_looked_up():
    with pytest.raises(RuntimeError, match=r"example\.org"):
        urllib.request.urlopen("http://example.org", timeout=1)


def test_this_machine_answers():
    async def talk() -> bytes:
        async def answer(reader, writer):
            writer.write(await reader.read(4))
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("localhost", port, family=socket.AF_INET)
        writer.write(b"ping")
        reply = await reader.read(4)
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return reply

    assert asyncio.run(talk()) == b"ping"
