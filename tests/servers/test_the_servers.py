"""Each real server does, by the wire, what its channel will ask of it."""

import base64
import smtplib
from email.message import EmailMessage
from typing import Any

import paho.mqtt.publish
import paho.mqtt.subscribe
import pytest
import requests

from tests.servers.arrivals import Arrivals
from tests.servers.bluesky_pds import Account
from tests.servers.mail import Mailbox
from tests.servers.mediawiki import Wiki
from tests.servers.mosquitto import Broker
from tests.servers.synapse import Room, Synapse
from tests.servers.wordpress import Blog

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one dot."""


def test_synapse_takes_a_message_once(synapse: Room) -> None:
    """The same transaction twice is one event, and it can be read back."""
    path = f"{synapse.url}/_matrix/client/v3/rooms/{synapse.room_id}"
    message = {"msgtype": "m.text", "body": "Main Street is closed"}
    first, again = (
        requests.put(f"{path}/send/m.room.message/n-42", json=message, headers=synapse.headers, timeout=10).json()
        for _ in range(2)
    )
    assert first["event_id"] == again["event_id"]
    read = requests.get(f"{path}/messages", params={"dir": "b", "limit": 100}, headers=synapse.headers, timeout=10)
    same = [event for event in read.json()["chunk"] if event.get("unsigned", {}).get("transaction_id") == "n-42"]
    assert [(event["event_id"], event["content"]) for event in same] == [(first["event_id"], message)]


def test_mosquitto_keeps_what_was_said_last(mosquitto: Broker) -> None:
    """A retained message is read back by who subscribes later; a newer one takes its place."""
    at = {
        "hostname": mosquitto.host,
        "port": mosquitto.port,
        "auth": {"username": mosquitto.user, "password": mosquitto.password},
    }
    for version in ("first", "second"):
        paho.mqtt.publish.single("alerts/pd/n-42", version, qos=1, retain=True, **at)
    kept = paho.mqtt.subscribe.simple("alerts/pd/#", qos=1, **at)
    assert (kept.topic, kept.payload, kept.retain) == ("alerts/pd/n-42", b"second", True)


def test_the_mail_server_takes_mail_from_whom_it_knows(mail_server: Mailbox) -> None:
    """It asks for the password, refuses whom the test said, and shows what it took."""
    mail = EmailMessage()
    mail["Message-ID"] = "<n-42.1@pd.test>"
    mail.set_content("Main Street is closed")
    people = ["ann@example.test", "gone@example.test"]
    mail_server.refused["gone@example.test"] = "550 no such user"
    with smtplib.SMTP(mail_server.host, mail_server.port, timeout=10) as client:
        with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
            client.send_message(mail, "pd@example.test", people)
        client.login(mail_server.user, mail_server.password)
        assert list(client.send_message(mail, "pd@example.test", people)) == ["gone@example.test"]
    took = [one for one in mail_server.received if one.message["Message-ID"] == "<n-42.1@pd.test>"]
    assert [(one.recipients, one.message.get_content().strip()) for one in took] == [
        (["ann@example.test"], "Main Street is closed")
    ]


def test_mediawiki_takes_a_page_once_a_picture_and_a_deletion(mediawiki: Wiki) -> None:
    """A bot password writes a page, is told that it exists already, uploads, and deletes what it wrote."""
    with requests.Session() as session:

        def act(files: dict[str, tuple[str, bytes]] | None = None, **asked: str) -> dict[str, Any]:
            form = {"format": "json", "formatversion": "2", "errorformat": "plaintext", **asked}
            return session.post(mediawiki.api, data=form, files=files, timeout=30).json()

        def token(kind: str) -> str:
            return act(action="query", meta="tokens", type=kind)["query"]["tokens"][f"{kind}token"]

        who = {"lgname": mediawiki.bot_user, "lgpassword": mediawiki.bot_password}
        assert act(action="login", lgtoken=token("login"), **who)["login"]["result"] == "Success"
        csrf = {"token": token("csrf"), "assert": "user"}
        page = {"title": "Alerts/n-42", "text": "Main Street is closed", "createonly": "1", **csrf}
        assert act(action="edit", **page)["edit"]["result"] == "Success"
        assert act(action="edit", **page)["errors"][0]["code"] == "articleexists"
        uploaded = act({"file": ("map.png", PICTURE)}, action="upload", filename="Map.png", ignorewarnings="1", **csrf)
        assert uploaded["upload"]["result"] == "Success"
        assert requests.get(uploaded["upload"]["imageinfo"]["url"], timeout=30).content == PICTURE
        assert "Main Street is closed" in requests.get(f"{mediawiki.url}/index.php/Alerts/n-42", timeout=30).text
        assert "delete" in act(action="delete", title="Alerts/n-42", **csrf)
        assert act(action="delete", title="Alerts/n-42", **csrf)["errors"][0]["code"] == "missingtitle"


def test_the_pds_takes_a_record_once_and_overwrites_none(bluesky_pds: Account) -> None:
    """The same record twice is one; another record under its key is refused; a picture is taken."""
    call = f"{bluesky_pds.url}/xrpc/com.atproto"
    who = {"identifier": bluesky_pds.handle, "password": bluesky_pds.app_password}
    session = requests.post(f"{call}.server.createSession", json=who, timeout=30).json()
    headers = {"Authorization": f"Bearer {session['accessJwt']}"}

    def put(text: str) -> requests.Response:
        record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-22T15:00:00.000Z"}
        post = {"repo": bluesky_pds.did, "collection": "app.bsky.feed.post", "rkey": "3m6abcdefgh2x"}
        asked = {**post, "swapRecord": None, "record": record}
        return requests.post(f"{call}.repo.putRecord", json=asked, headers=headers, timeout=30)

    first, again, other = put("Main Street is closed"), put("Main Street is closed"), put("Main Street is open")
    assert (first.status_code, again.json()["cid"]) == (200, first.json()["cid"])
    assert (other.status_code, other.json()["error"]) == (400, "InvalidSwap")
    picture = {**headers, "Content-Type": "image/png"}
    assert "blob" in requests.post(f"{call}.repo.uploadBlob", data=PICTURE, headers=picture, timeout=30).json()


def test_wordpress_takes_a_post_a_picture_and_a_deletion(wordpress: Blog) -> None:
    """An application password publishes a post that anybody reads, finds it by its slug, uploads, and deletes."""
    api = f"{wordpress.url}/wp-json/wp/v2"
    post = {"title": "Main Street is closed", "content": "<p>Until noon</p>", "status": "publish", "slug": "n-42"}
    assert requests.post(f"{api}/posts", json=post, timeout=30).status_code == 401
    made = requests.post(f"{api}/posts", json=post, auth=wordpress.auth, timeout=30)
    assert made.status_code == 201, made.text
    assert "Until noon" in requests.get(made.json()["link"], timeout=30).text
    found = requests.get(
        f"{wordpress.url}/index.php", params={"rest_route": "/wp/v2/posts", "slug": "n-42"}, timeout=30
    )
    assert [one["id"] for one in found.json()] == [made.json()["id"]]
    picture = {"Content-Type": "image/png", "Content-Disposition": 'attachment; filename="map.png"'}
    uploaded = requests.post(f"{api}/media", data=PICTURE, headers=picture, auth=wordpress.auth, timeout=30)
    assert uploaded.status_code == 201, uploaded.text
    assert requests.get(uploaded.json()["source_url"], timeout=30).content == PICTURE
    gone = [requests.delete(f"{api}/posts/{made.json()['id']}", auth=wordpress.auth, timeout=30) for _ in range(2)]
    assert [one.status_code for one in gone] == [200, 410]


@pytest.mark.parametrize("strict", [True, False])
def test_synapse_slows_a_publisher_down_only_where_a_test_wants_it(
    strict: bool, synapse: Room, arrivals: Arrivals
) -> None:
    """With its own limits it says 429 and for how long, after ten quick messages or so; ours let all pass."""
    rooms = arrivals.running(Synapse(strict_rates=True)) if strict else iter([synapse])
    for room in rooms:
        send = f"{room.url}/_matrix/client/v3/rooms/{room.room_id}/send/m.room.message"
        message = {"msgtype": "m.text", "body": "Main Street is closed"}
        answers = [
            requests.put(f"{send}/quick-{number}", json=message, headers=room.headers, timeout=10)
            for number in range(20)
        ]
        slowed = [answer for answer in answers if answer.status_code == 429]
        assert bool(slowed) == strict
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in slowed)
