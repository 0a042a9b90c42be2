"""A line of lanes that wait for turns: one of each client after the other, so that many URLs of one delay no other."""

from __future__ import annotations

from collections import OrderedDict

from webhooks.dispatch.lane import Lane


class Line:
    """Lanes in line, each once. Takes the same time however many there are. Not shared by threads."""

    def __init__(self) -> None:
        self._by_client: OrderedDict[str, OrderedDict[Lane, None]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._by_client)

    def add(self, lane: Lane) -> None:
        """Puts it behind the others of its client, or leaves it in its place."""
        self._by_client.setdefault(lane.client_id, OrderedDict()).setdefault(lane)

    def put_first(self, lane: Lane) -> None:
        """Puts it before all others."""
        lanes = self._by_client.setdefault(lane.client_id, OrderedDict())
        lanes[lane] = None
        lanes.move_to_end(lane, last=False)
        self._by_client.move_to_end(lane.client_id, last=False)

    def discard(self, lane: Lane) -> None:
        """Takes it out, where it is in line."""
        lanes = self._by_client.get(lane.client_id)
        if lanes is not None:
            lanes.pop(lane, None)
            if not lanes:
                del self._by_client[lane.client_id]

    def pop(self) -> Lane:
        """Takes out the first; its client's next one comes after the other clients' first ones."""
        client_id, lanes = next(iter(self._by_client.items()))
        lane, _ = lanes.popitem(last=False)
        if lanes:
            self._by_client.move_to_end(client_id)
        else:
            del self._by_client[client_id]
        return lane

    def clear(self) -> None:
        """Takes all of them out."""
        self._by_client.clear()
