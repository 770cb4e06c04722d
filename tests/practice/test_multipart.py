"""multipart/form-data, as strict as RFC 7578."""

import pytest
import requests

from notifier.practice.exchange import Refused, Request
from notifier.practice.multipart import MOST_PARTS, NotMultipart, Part, parts_of

TYPE = "multipart/form-data; boundary=b"


def form(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    """Write a form of parts, each with its headers."""
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


def field(name: str, content: bytes = b"a", more: str = "") -> bytes:
    """Write a part."""
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content


def test_what_requests_sends_is_read_back() -> None:
    """Fields and files arrive byte for byte, with their names and types."""
    content = bytes(range(256)) + b"\r\n--"
    sent = requests.Request(
        "POST", "http://a.example/", data={"text": "Straße"}, files={"media": ('a "b".png', content, "image/png")}
    ).prepare()
    assert isinstance(sent.body, bytes)
    text, file = parts_of(sent.headers["Content-Type"], sent.body)
    assert (text.name, text.text, text.filename) == ("text", "Straße", None)
    assert file == Part("media", content, "a %22b%22.png", "image/png")


def test_the_boundary_is_no_part_of_the_key() -> None:
    """The same form under another boundary is a repeat; another field is none."""
    keys = []
    for boundary, text in ((b"b", b"a"), (b"c", b"a"), (b"b", b"c")):
        body = form(field("text", text)).replace(b"--b", b"--" + boundary)
        headers = {"content-type": f"multipart/form-data; boundary={boundary.decode()}"}
        keys.append(Request("POST", "/", "", headers, body).key)
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        form(),
        b"before" + form(field("a")),
        form(field("a"), end=b""),
        form(field("a"), end=b"--b--after"),
        form(b"no headers"),
        form(b"Content-Disposition: form-data\r\n\r\na"),
        form(b'Content-Disposition: attachment; name="a"\r\n\r\na'),
        form(field("a", more="; name=b")),
        form(field("a", more="; filename*=utf-8''a")),
        form(field("a", more='; filename="a')),
        form(b"Bad Header: a\r\n" + field("a")),
        form(b"Content-Transfer-Encoding: base64\r\n" + field("a")),
        form(b"X: " + b"a" * 9_000 + b"\r\n" + field("a")),
        form(*[field("a")] * (MOST_PARTS + 1)),
    ],
)
def test_a_malformed_form_is_refused(body: bytes) -> None:
    """What RFC 7578 does not allow is not guessed at."""
    with pytest.raises(NotMultipart):
        parts_of(TYPE, body)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "multipart/form-data", "multipart/form-data; boundary=", "", 'multipart/form-data; boundary="a b "'],
)
def test_a_form_needs_a_boundary(kind: str) -> None:
    """Without a proper boundary there is no form, and the request is answered 400."""
    with pytest.raises(Refused) as refused:
        Request("POST", "/", "", {"content-type": kind}, form(field("a"))).parts()
    assert refused.value.status == 400


def test_text_must_be_utf_8() -> None:
    """A field that is no UTF-8 is refused where it is read as text; a file may hold anything."""
    with pytest.raises(Refused):
        Request("POST", "/", "", {"content-type": TYPE}, form(field("a", b"\xff"))).fields()
    _, files = Request("POST", "/", "", {"content-type": TYPE}, form(field("a", b"\xff", '; filename="f"'))).fields()
    assert [file.content for file in files] == [b"\xff"]
