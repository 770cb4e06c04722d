"""No secret stands in any output, log, database, page or file, whatever went wrong."""

import pytest

from notifier.practice.faults import Fault
from tests.cli.console import CLOSURE, PRACTICE_SECRETS, Office, Ran

TROUBLES = {
    "nothing": (),
    "refused credentials": (Fault(action="auth"),),
    "lost replies": (Fault(action="lose-reply"),),
    "broken replies": (Fault(action="reset-after-headers"),),
    "a page instead of an answer": (Fault(action="html"),),
    "bad requests": (Fault(action="status", status=400),),
    "a service down": (Fault(action="status", status=500),),
}


def places_with_a_secret(office: Office) -> list[str]:
    """Every file of the department's folder, but its configuration, in which a secret stands."""
    found = []
    for path in office.folder.rglob("*"):
        if path.is_file() and office.config not in path.parents and path.name != ".env":
            content = path.read_bytes()
            found += [str(path) for secret in PRACTICE_SECRETS if secret.encode() in content]
    return found


def assert_silent(office: Office, *runs: Ran) -> None:
    """Check that no secret was said or written."""
    for ran in runs:
        said = ran.out + ran.err
        assert not [secret for secret in PRACTICE_SECRETS if secret in said], said
    assert places_with_a_secret(office) == []


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_secret_is_said_or_written(office: Office, trouble: str) -> None:
    """With every kind of failure, in debug mode, no secret is in stdout, stderr, database, pages or records."""
    office.fault(*TROUBLES[trouble])

    published = office.publish("--wait", "0", NOTIFY_DEBUG="1")
    shown = office("show", published.document["id"], "--json", NOTIFY_DEBUG="1")

    assert office.database.exists()
    assert_silent(office, published, shown)


def test_no_secret_is_shown_by_what_describes_the_department(office: Office) -> None:
    """doctor, channels list, config check, schema and status never print a secret, with or without --json."""
    office.fault(Fault(action="auth"))
    commands = [
        ("doctor",),
        ("channels", "list", "--json"),
        ("config", "check", "--json"),
        ("schema", "config"),
        ("status", "--json"),
    ]

    runs = [office(*command, NOTIFY_DEBUG="1") for command in commands]

    assert_silent(office, *runs)


def test_no_secret_stands_in_an_error_of_the_configuration(office: Office) -> None:
    """A configuration that is wrong beside its secrets, or in them, is told without them."""
    office.channel("nixle", organization_id="not a number")
    office.channel("facebook", access_token=["practice-page-token"])
    office.channel("x", consumer_secret={"env": "A", "file": "practice-consumer-secret"})

    ran = office.publish(NOTIFY_DEBUG="1")

    assert ran.code == 2
    assert_silent(office, ran)


def test_a_secret_from_the_environment_stays_there(office: Office) -> None:
    """A secret that came from a variable or a file is in no trace of a run that failed."""
    secret = "practice-password"
    (office.folder / "password.txt").write_text("practice-page-token\n")
    office.channel("nixle", password={"env": "NIXLE_PASSWORD"})
    office.channel("facebook", access_token={"file": "../password.txt"})
    office.fault(Fault(action="status", status=400))

    ran = office(*CLOSURE, "--wait", "0", NIXLE_PASSWORD=secret, NOTIFY_DEBUG="1")
    (office.folder / "password.txt").unlink()

    assert ran.code == 6
    assert_silent(office, ran)


def test_a_file_in_the_way_of_the_store_is_told(office: Office) -> None:
    """A file where the store's folder should be is 1 in a sentence, with one document for --json and no trace."""
    office.only("site")
    (office.folder / "var").write_text("a file where the folder of the site and the store should be")

    ran = office.publish()

    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert "an error inside" not in ran.err
    assert str(office.database) in ran.document["error"]["message"]
