"""The site's folder when several write at once, when one dies in the middle, and when the disk does not take it."""

import fcntl
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from channels.site.folder import SiteFolder
from notifier.channel import Delivered, Retry, Works
from tests.channels.test_site import ID, a_site, everything, sent
from tests.channels.test_site_ending import located, missing_person

CHECKOUT = Path(__file__).parents[2]


def run_python(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start another Python process on this checkout."""
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


SEND_MANY = """
    import sys
    from pathlib import Path
    from tests.channels.test_site import a_site, sent
    site = a_site(Path(sys.argv[1]))
    for number in range(6):
        print(type(sent(site, id=f"n-{sys.argv[2]}-{number}")).__name__)
"""


def listed(folder: Path) -> set[str]:
    """The ids in the JSON Feed."""
    return {item["_notifier"]["id"] for item in json.loads((folder / "feed.json").read_bytes())["items"]}


def test_processes_and_threads_that_publish_at_once_lose_nothing(tmp_path: Path) -> None:
    """After four processes and four threads published together, index and feeds hold all of it."""
    others = [run_python(SEND_MANY, str(tmp_path), str(number)) for number in range(4)]
    site = a_site(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda number: sent(site, id=f"n-t-{number}"), range(12)))
    answers = [other.communicate(timeout=60) for other in others]
    assert [stdout.split() for stdout, _ in answers] == [["Delivered"] * 6] * 4, answers
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    expected = {f"n-{p}-{n}" for p in range(4) for n in range(6)} | {f"n-t-{n}" for n in range(12)}
    assert listed(tmp_path) == expected
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{id_}.html"' in index for id_ in expected)
    assert list((tmp_path / ".staging").iterdir()) == []


def test_what_a_killed_process_left_does_no_harm(tmp_path: Path) -> None:
    """A half-written file of a dead process is no part of the site, and the next send removes it."""
    (tmp_path / ".staging").mkdir()
    (tmp_path / ".staging" / "0").write_bytes(b"<html>half a pa")
    (tmp_path / ".lock").touch()
    assert isinstance(sent(a_site(tmp_path)), Delivered)
    assert b"half a pa" not in everything(tmp_path)


@pytest.mark.parametrize("seen", range(1, 11))
def test_a_process_killed_between_two_files_is_made_good_by_the_repeat(tmp_path: Path, seen: int) -> None:
    """Wherever among its files a process dies, the same message again ends as if nothing had happened."""
    whole = tmp_path / "whole"
    sent(a_site(whole), headline="Before")
    sent(a_site(whole), stage="update", revision=2, headline="After")
    torn = tmp_path / "torn"
    sent(a_site(torn), headline="Before")
    script = """
        import os, pathlib, sys
        from tests.channels.test_site import a_site, sent
        moves = 0
        def killing(event, arguments):
            global moves
            if event == "os.rename":
                moves += 1
                if moves > int(sys.argv[2]):
                    os._exit(9)
        sys.addaudithook(killing)
        sent(a_site(pathlib.Path(sys.argv[1])), stage="update", revision=2, headline="After")
    """
    process = run_python(script, str(torn), str(seen))
    process.communicate(timeout=60)
    assert process.returncode == (9 if seen < 10 else 0)
    assert isinstance(sent(a_site(torn), stage="update", revision=2, headline="After"), Delivered)
    assert everything(torn).replace(b"/torn/", b"/whole/") == everything(whole)


@pytest.mark.parametrize("seen", range(1, 14))
def test_a_resolve_killed_in_the_middle_still_ends_without_a_trace(tmp_path: Path, seen: int) -> None:
    """Wherever the removal of a located person dies, the repeat finishes it, the photo included."""
    missing_person(a_site(tmp_path), "en", "Missing: Robin Example, 14")
    missing_person(a_site(tmp_path), "es", "Desaparecida: Robin Example, 14")
    script = """
        import os, pathlib, sys
        from tests.channels.test_site import a_site
        from tests.channels.test_site_ending import located
        changes = 0
        def killing(event, arguments):
            global changes
            if event in ("os.rename", "os.remove"):
                changes += 1
                if changes > int(sys.argv[2]):
                    os._exit(9)
        sys.addaudithook(killing)
        located(a_site(pathlib.Path(sys.argv[1])))
    """
    process = run_python(script, str(tmp_path), str(seen))
    process.communicate(timeout=60)
    assert process.returncode == 9
    assert isinstance(located(a_site(tmp_path)), Delivered)
    assert b"robin" not in everything(tmp_path).lower()
    assert list((tmp_path / "media").iterdir()) == []


def test_a_folder_that_another_process_holds_is_tried_again_later(tmp_path: Path) -> None:
    """A lock that is not given up in time is a retry that says who must end, and nothing is written."""
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        outcome = sent(a_site(tmp_path, timeout=0.05))
    assert isinstance(outcome, Retry)
    assert "another process holds" in outcome.reason
    assert not (tmp_path / "index.html").exists()


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    """A folder that cannot be made is a retry that names it and says what to do."""
    (tmp_path / "site").write_text("not a folder")
    for outcome in (sent(a_site(tmp_path / "site")), a_site(tmp_path / "site" / "below").check()):
        assert isinstance(outcome, Retry)
        assert "is no folder" in outcome.reason
        assert str(tmp_path / "site") in outcome.reason


def test_a_write_that_fails_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    """When the system takes no file of that size, nothing of the notification is seen, and it is tried again later."""
    sent(a_site(tmp_path))
    before = everything(tmp_path)
    script = """
        import pathlib, resource, sys
        from tests.channels.test_site import a_site, sent
        site = a_site(pathlib.Path(sys.argv[1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))
        outcome = sent(site, id="n-2", headline="Second", text="words " * 800)
        print(type(outcome).__name__, outcome.reason)
    """
    stdout, stderr = run_python(script, str(tmp_path)).communicate(timeout=60)
    assert stdout.startswith("Retry"), stderr
    assert "ulimit -f" in stdout
    assert everything(tmp_path) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 128 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    options = ["-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(["mount", *options], capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can only be mounted by root, outside a locked-down container")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_told_and_leaves_the_site_as_it_was(small_disk: Path) -> None:
    """A full disk is a retry that says what to free; with room again, the same message goes out."""
    site = a_site(small_disk)
    sent(site)
    filling = small_disk / "filling"
    with pytest.raises(OSError, match="No space left"):
        filling.write_bytes(b"x" * 200_000)
    before = everything(small_disk)
    outcome = sent(site, id="n-2", headline="Second")
    assert isinstance(outcome, Retry)
    assert "is full; free some space" in outcome.reason
    assert everything(small_disk) == before
    filling.unlink()
    assert isinstance(sent(site, id="n-2", headline="Second"), Delivered)
    assert listed(small_disk) == {ID, "n-2"}


def test_a_read_only_disk_is_told(small_disk: Path) -> None:
    """A disk that turned read-only is a retry that says so, also when the channel is checked."""
    sent(a_site(small_disk))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for outcome in (sent(a_site(small_disk), id="n-2"), a_site(small_disk).check()):
        assert isinstance(outcome, Retry)
        assert "read-only" in outcome.reason


def test_a_folder_that_can_be_written_checks_well(tmp_path: Path) -> None:
    """The check makes the folder and publishes nothing."""
    assert isinstance(a_site(tmp_path / "site").check(), Works)
    assert not list((tmp_path / "site").glob("*.html"))


def test_a_file_that_is_written_twice_in_a_batch_mixes_with_no_other(tmp_path: Path) -> None:
    """The last words of each name stand."""
    with SiteFolder(tmp_path, 5).changing() as batch:
        for name, data in (("a", b"1"), ("b", b"2"), ("a", b"3"), ("c", b"4"), ("b", b"5"), ("d", b"6")):
            batch.put(name, data)
    assert [(tmp_path / name).read_bytes() for name in "abcd"] == [b"3", b"5", b"4", b"6"]
