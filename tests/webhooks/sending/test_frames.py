import asyncio

import pytest

from webhooks.sending.frames import Frames, Order, frame
from webhooks.sending.interface import OutgoingRequest, Reach

REQUESTS = [
    Order(n, OutgoingRequest("https://a.example/", "POST", {"webhook-id": str(n)}, bytes(n * 300), Reach(("::1/128",))))
    for n in range(4)
]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100, 1000, 100_000])
def test_frames_in_any_pieces(size: int) -> None:
    taken: list[list[Order]] = []
    frames = Frames(Order, taken.append, lambda: None)
    content = frame(REQUESTS[:2]) + frame([]) + frame([Order(7)]) + frame(REQUESTS[2:])
    for at in range(0, len(content), size):
        frames.data_received(content[at : at + size])
    assert taken == [REQUESTS[:2], [], [Order(7)], REQUESTS[2:]]


def test_what_is_told_in_one_turn_is_one_frame() -> None:
    written: list[bytes] = []

    class Transport(asyncio.Transport):
        """Notes what is written; a fake."""

        def write(self, data: bytes) -> None:  # type: ignore[override]
            written.append(data)

        def is_closing(self) -> bool:
            return False

    async def run() -> None:
        frames = Frames(Order, lambda _: None, lambda: None)
        frames.tell(Order(1))  # before there is a connection
        frames.connection_made(Transport())
        frames.tell(Order(2))
        await asyncio.sleep(0)
        frames.tell(Order(3))
        await asyncio.sleep(0)

    asyncio.run(run())
    assert written == [frame([Order(1), Order(2)]), frame([Order(3)])]
