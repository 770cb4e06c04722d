"""Each real server does, by the wire, what its channel will ask of it."""

import requests

from tests.servers.synapse import Room


def test_synapse_takes_a_message_once(synapse: Room) -> None:
    """The same transaction twice is one event, and it can be read back."""
    path = f"{synapse.url}/_matrix/client/v3/rooms/{synapse.room_id}"
    message = {"msgtype": "m.text", "body": "Main Street is closed"}
    first, again = (
        requests.put(f"{path}/send/m.room.message/n-42", json=message, headers=synapse.headers, timeout=10).json()
        for _ in range(2)
    )
    assert first["event_id"] == again["event_id"]
    read = requests.get(f"{path}/messages", params={"dir": "b", "limit": 5}, headers=synapse.headers, timeout=10)
    assert [event["content"] for event in read.json()["chunk"] if event["type"] == "m.room.message"] == [message]
