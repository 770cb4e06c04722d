"""A real wiki: Debian's MediaWiki on SQLite, served by PHP itself."""

import re
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from tests.servers import debian, php
from tests.servers.processes import Failed, free_port
from tests.servers.server import Server

_EXTENSIONS = ("curl", "gd", "intl", "mbstring", "pdo_sqlite", "xml")
_SETTINGS = """
$wgEnableUploads = true;
$wgRateLimits = [];
"""
_GRANTS = "basic,createeditmovepage,editpage,uploadfile,delete,highvolume"


@dataclass(frozen=True)
class Wiki:
    """A wiki, its administrator, and the bot password with which a program edits for the administrator."""

    url: str
    api: str
    user: str
    password: str
    bot_user: str
    bot_password: str


class MediaWiki(Server[Wiki]):
    """MediaWiki with one user, Admin, who may do everything; its bot password may edit, upload and delete."""

    name = "mediawiki"
    recipe = "Debian's mediawiki, without Apache"

    @classmethod
    def on_machine(cls) -> bool:
        """Whether PHP is there with what MediaWiki asks of it."""
        return php.has(*_EXTENSIONS)

    @classmethod
    def install_into(cls, folder: Path) -> None:
        """Install PHP, and take MediaWiki out of its packages."""
        php.ensure(*_EXTENSIONS)
        root = debian.extract(folder, "mediawiki", "mediawiki-classes")
        debian.copy_out(root, "usr/share/mediawiki", folder / "web")
        shutil.rmtree(root)

    def begin(self) -> Wiki:
        """Make an empty wiki and serve it."""
        web = self.run_folder / "web"
        php.copy_for_a_run(self.folder() / "web", web)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        password = uuid.uuid4().hex
        self._maintain(
            web,
            "install.php",
            *("--dbtype", "sqlite", "--dbname", "wiki", "--dbpath", str(self.run_folder / "data")),
            *("--server", url, "--scriptpath", "", "--pass", password, "Alerts", "Admin"),
        )
        with (web / "LocalSettings.php").open("a") as settings:
            settings.write(_SETTINGS)
        said = self._maintain(web, "createBotPassword.php", "--appid", "publisher", "--grants", _GRANTS, "Admin")
        found = re.search(r"username:[`'\"]?(\S+?)[`'\"]? and password:[`'\"]?(\w+)", said)
        if found is None:
            raise Failed(f"createBotPassword.php wrote no bot password: {said[-300:]}")
        php.serve(self, web, port)
        return Wiki(
            url=url,
            api=f"{url}/api.php",
            user="Admin",
            password=password,
            bot_user=found[1],
            bot_password=found[2],
        )

    def _maintain(self, web: Path, script: str, *arguments: str) -> str:
        return self.run(["php", f"maintenance/{script}", *arguments], web, seconds=120)
