# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's own client talks to a run: usage: qemu_client.py SOCKET."""
import asyncio
import contextlib
import sys

from qemu.qmp import ExecuteError, QMPClient


async def next_event(client):
    return (await asyncio.wait_for(client.events.get(), 60))["event"]


async def refused(client, command, arguments=None):
    """The error class of a command that fails."""
    try:
        await client.execute(command, arguments)
    except ExecuteError as error:
        return error.error.error.class_
    return "none"


async def main(path):
    client = QMPClient("test")
    await client.connect(path)
    assert client.greeting.QMP.capabilities == []
    assert (await client.execute("query-status"))["running"]
    await client.execute("stop")
    assert await next_event(client) == "STOP"
    assert (await client.execute("query-status"))["status"] == "paused"
    time = await client.execute("query-time")
    assert time["stopped"] and len(time["vcpus"]) == 2
    await client.execute("cont")
    assert await next_event(client) == "RESUME"
    assert await refused(client, "no-such-command") == "CommandNotFound"
    assert await refused(client, "stop", {"force": True}) == "GenericError"
    names = [row["name"] for row in await client.execute("query-commands")]
    assert {"stop", "cont", "quit", "query-time"} <= set(names)
    await client.execute("quit")
    assert await next_event(client) == "SHUTDOWN"
    # It says so if the run was the first to end the connection.
    with contextlib.suppress(EOFError):
        await client.disconnect()
    print("QEMU's client is content")


asyncio.run(main(sys.argv[1]))
