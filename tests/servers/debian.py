"""What Debian's packages bring: programs installed where they are missing, files taken out of a package."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.processes import Failed, program, run
from tests.servers.server import ROOT, NotHere, locked

_NO_DAEMONS = Path("/usr/sbin/policy-rc.d")
_QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def ensure(there: Callable[[], bool], *packages: str) -> None:
    """Install packages unless what they bring is there; NotHere where this login may not, or it fails."""
    if there():
        return
    wanted = " ".join(packages)
    if program("apt-get") is None:
        raise NotHere(f"it needs what Debian packages as {wanted}, and there is no apt-get")
    if os.getuid() != 0:
        raise NotHere(f"it needs {wanted}: let root run apt-get install {wanted}")
    with locked(ROOT / "apt.lock"), _no_daemons():
        _twice("install", "--yes", "--quiet", "--no-install-recommends", *packages, folder=ROOT)
    if not there():
        raise NotHere(f"apt-get installed {wanted}, and still something is missing")


def extract(folder: Path, *packages: str) -> Path:
    """Take the files out of packages without installing them, nor what they depend on; answers the folder with them."""
    if program("apt-get") is None or program("dpkg") is None:
        raise NotHere(f"it comes out of Debian's {' and '.join(packages)}, and there is no apt-get or no dpkg")
    downloads = folder / "packages"
    downloads.mkdir()
    with locked(ROOT / "apt.lock"):
        _twice("download", *packages, folder=downloads)
    root = folder / "root"
    for package in sorted(downloads.glob("*.deb")):
        run(["dpkg", "-x", str(package), str(root)], folder=folder, log=ROOT / "apt.log")
    shutil.rmtree(downloads)
    return root


def copy_out(root: Path, inside: str, to: Path) -> None:
    """Copy a folder of extracted packages, with what its links mean in their place; links to elsewhere are left out."""
    to.mkdir(parents=True)
    for entry in (root / inside).iterdir():
        target = _followed(root, entry)
        if target is None:
            continue
        if target.is_dir():
            copy_out(root, str(target.relative_to(root)), to / entry.name)
        else:
            shutil.copy2(target, to / entry.name)


def _followed(root: Path, entry: Path) -> Path | None:
    """What a link means when `root` is the root of all; None where that was not extracted."""
    for _ in range(10):
        if not entry.is_symlink():
            return entry if entry.exists() else None
        link = entry.readlink()
        entry = root / link.relative_to("/") if link.is_absolute() else Path(os.path.normpath(entry.parent / link))
        if not entry.is_relative_to(root):
            return None
    return None


def _twice(act: str, *arguments: str, folder: Path) -> None:
    """Ask apt-get; the second time after it has read anew which packages there are."""
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=300", act, *arguments]
    log = ROOT / "apt.log"
    try:
        run(command, folder=folder, log=log, seconds=600, environment=_QUIET)
    except Failed:
        if act == "install":  # one that was cut short leaves dpkg wanting this
            run(["dpkg", "--configure", "-a"], folder=folder, log=log, seconds=600, environment=_QUIET)
        run(["apt-get", "update", "--quiet"], folder=folder, log=log, seconds=300, environment=_QUIET)
        run(command, folder=folder, log=log, seconds=600, environment=_QUIET)


@contextmanager
def _no_daemons() -> Iterator[None]:
    """Keep Debian from starting a server that it installs: only what a test starts runs, and it is stopped again."""
    if _NO_DAEMONS.exists():
        yield
        return
    _NO_DAEMONS.write_text("#!/bin/sh\nexit 101\n")
    _NO_DAEMONS.chmod(0o755)
    try:
        yield
    finally:
        _NO_DAEMONS.unlink()
