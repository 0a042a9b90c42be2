import asyncio
from collections.abc import Mapping

from webhooks.store import definitions
from webhooks.store.store import Store


def test_the_faults_told_last_are_all_that_there_are(store: Store) -> None:
    def tell(faults: Mapping[str, str]) -> Mapping[str, str]:
        asyncio.run(store.write(lambda connection: definitions.tell_faults(connection, faults)))
        return store.read_now(definitions.faults)

    for faults in ({"b": "one", "a": "two"}, {"b": "another", "c": "three"}, {}):
        assert tell(faults) == faults
