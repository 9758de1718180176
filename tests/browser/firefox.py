"""
Firefox over WebDriver BiDi: what one page asks for, complains about, and looks like.

Playwright cannot drive the Firefox of a distribution and selenium needs a driver that Debian
does not have; the protocol itself is plain JSON over a web socket that Firefox opens.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tornado.websocket import websocket_connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from tornado.websocket import WebSocketClientConnection

FOUND = shutil.which("firefox-esr") or shutil.which("firefox")
LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
START_S, ANSWER_S = 300, 300  # bounds for a busy machine
EVENTS = ("log.entryAdded", "network.beforeRequestSent")


class Firefox:
    """One tab; `complaints` and `requests` grow while it is used."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket = socket
        self.numbers = itertools.count(1)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.tab = ""

    async def ask(self, method: str, **params: object) -> Any:
        """Send a command, note the events before its answer, and return the answer."""
        number = next(self.numbers)
        await self.socket.write_message(
            json.dumps({"id": number, "method": method, "params": params})
        )
        while True:
            answer = json.loads(await self.socket.read_message() or "{}")
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]
            self.note(answer)

    def note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "log.entryAdded":
            self.complaints.append(f"{params['level']}: {params.get('text')}")
        elif event.get("method") == "network.beforeRequestSent":
            self.requests.append(params["request"]["url"])

    async def open(self, address: str, *, size: tuple[int, int]) -> None:
        self.tab = (await self.ask("browsingContext.getTree"))["contexts"][0]["context"]
        await self.ask("session.subscribe", events=list(EVENTS))
        width, height = size
        await self.ask(
            "browsingContext.setViewport",
            context=self.tab,
            viewport={"width": width, "height": height},
        )
        await self.ask("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    async def run(self, script: str) -> Any:
        """Return what an expression, or the promise it gives, comes to: text, number or truth."""
        answer = await self.ask(
            "script.evaluate", expression=script, awaitPromise=True, target={"context": self.tab}
        )
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    async def picture(self) -> bytes:
        shot = await self.ask("browsingContext.captureScreenshot", context=self.tab)
        return base64.b64decode(shot["data"])


@contextlib.asynccontextmanager
async def firefox(profile: Path) -> AsyncIterator[Firefox]:
    """Start one with a profile of its own, and end it."""
    assert FOUND is not None
    command = [FOUND, "--headless", "--no-remote", "--remote-debugging-port", "0"]
    process = await asyncio.create_subprocess_exec(
        *command, "--profile", str(profile), "about:blank",
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        address = await asyncio.wait_for(_address(process), START_S)
        socket = await websocket_connect(f"{address}/session", max_message_size=1 << 28)
        browser = Firefox(socket)
        await browser.ask("session.new", capabilities={})
        yield browser
        socket.close()
    finally:
        process.terminate()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Read until it says where it listens."""
    assert process.stderr is not None
    async for line in process.stderr:
        if found := LISTENING.search(line):
            return found[1].decode()
    msg = "Firefox ended before it listened."
    raise RuntimeError(msg)


def look(
    address: str, *, profile: Path, size: tuple[int, int], steps: Sequence[str], picture: Path
) -> tuple[list[Any], Firefox]:
    """Open a page, run the steps one after the other, and take a picture."""

    async def visit() -> tuple[list[Any], bytes, Firefox]:
        async with firefox(profile) as browser:
            await browser.open(address, size=size)
            told = [await browser.run(step) for step in steps]
            return told, await browser.picture(), browser

    # Playwright keeps a loop running in the thread of the tests
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(asyncio.run, asyncio.wait_for(visit(), START_S + ANSWER_S))
        told, shot, browser = run.result()
    picture.write_bytes(shot)
    return told, browser
