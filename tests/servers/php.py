"""PHP of this machine or of Debian, and its own web server for one folder."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.servers import debian
from tests.servers.processes import Kept, port_open, program
from tests.servers.server import Server

_PACKAGES = {
    "curl": "php-curl",
    "gd": "php-gd",
    "intl": "php-intl",
    "mbstring": "php-mbstring",
    "mysqli": "php-mysql",
    "pdo_sqlite": "php-sqlite3",
    "xml": "php-xml",
}
"""Which package brings an extension."""


def ensure(*extensions: str) -> None:
    """Install PHP and these extensions where they are missing; NotHere says why that cannot be."""
    debian.ensure(lambda: has(*extensions), "php-cli", *(_PACKAGES[name] for name in extensions))


def has(*extensions: str) -> bool:
    """Whether PHP is there, with these extensions."""
    php = program("php")
    if php is None:
        return False
    loaded = subprocess.run([php, "-m"], capture_output=True, text=True, check=False, timeout=30).stdout.split()
    return set(extensions) <= set(loaded)


def copy_for_a_run(installed: Path, web: Path) -> None:
    """Make a copy that a run may add files to: hard links, so quick and small; what is installed is only read."""
    shutil.copytree(installed, web, copy_function=os.link)


def serve(server: Server[Any], web: Path, port: int) -> Kept:
    """Serve a folder until the server is stopped; four at a time, as a page may ask its own site for something."""
    command = [program("php") or "php", "-d", "sendmail_path=/bin/true", "-S", f"127.0.0.1:{port}", "-t", str(web)]
    kept = server.keep(command, "php", PHP_CLI_SERVER_WORKERS="4")
    kept.wait_until(lambda: port_open(port))
    return kept
