"""The pictures of posts: kept, bounded, and served so that nothing in them can run."""

import pytest
import requests

from notifier.practice.pictures import Pictures, kind_of
from notifier.practice.server import PracticeServer

JPEG = b"\xff\xd8\xff\xe0 a picture"


def test_a_picture_is_served_by_its_hash_and_can_run_nothing(http: requests.Session, server: PracticeServer) -> None:
    """The bytes come back with the type that they have, under a policy that forbids everything."""
    picture = server.record.pictures.keep(JPEG, "A closed road.")
    assert picture is not None
    answer = http.get(server.url + picture.path, timeout=5)
    assert (answer.content, answer.headers["Content-Type"]) == (JPEG, "image/jpeg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for wrong in ("f" * 64, "..%2F..%2Fetc", ""):
        assert http.get(f"{server.url}/practice/pictures/{wrong}", timeout=5).status_code == 404
    server.reset()
    assert http.get(server.url + picture.path, timeout=5).status_code == 404


@pytest.mark.parametrize("content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<p>", b"\xff\xd8", b"%PDF-1"])
def test_what_is_no_picture_is_not_kept(content: bytes) -> None:
    """Only JPEG, PNG, GIF and WebP are pictures, and an SVG, which could hold a script, is none."""
    assert kind_of(content) is None
    assert Pictures().keep(content) is None


def test_the_oldest_pictures_give_way() -> None:
    """At most so many bytes are kept in all, and the same picture twice counts once."""
    pictures = Pictures(most=3 * len(JPEG) + 2)
    kept = [pictures.keep(JPEG + digit) for digit in (b"1", b"2", b"1", b"3")]
    names = [picture.sha256 for picture in kept if picture]
    assert [pictures.get(name) is not None for name in names] == [True, False, True, True]
