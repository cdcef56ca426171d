"""The framework by itself: ``python bench/bare.py ANSWER`` takes checks and answers the one in the file ANSWER.

Bodies are decoded into the service's own Structs, and the answer is encoded each time; nothing is looked up. What a
service on this framework and server can reach at most.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import msgspec
import uvicorn
import uvloop
from litestar import Litestar, post
from litestar.params import JSONBody

from service.api.checks import Check, CheckRequest

ANSWER = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Check, strict=False)


@post("/v1/checks")
async def answer(data: JSONBody[CheckRequest]) -> Check:
    """The same for everybody."""
    return ANSWER


async def main() -> None:
    """Serve until terminated, saying where."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(Litestar([answer], openapi_config=None), log_config=None, access_log=False)
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
