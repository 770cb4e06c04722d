"""A real blog: Debian's WordPress on a MariaDB of its own, served by PHP itself."""

import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.servers import debian, php
from tests.servers.processes import free_port, program
from tests.servers.server import Server

_EXTENSIONS = ("curl", "gd", "intl", "mbstring", "mysqli", "xml")

_SETTINGS = """<?php
define('DB_NAME', 'wp');
define('DB_USER', 'wp');
define('DB_PASSWORD', 'wp');
define('DB_HOST', 'localhost:{socket}');
define('WP_SITEURL', '{url}');
define('WP_HOME', '{url}');
define('WP_ENVIRONMENT_TYPE', 'local');  // application passwords without TLS
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_DEFAULT_THEME', 'plain');
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""

_THEME = """<?php
while (have_posts()) { the_post(); the_title('<h1>', '</h1>'); the_content(); }
"""

_SETUP = """<?php
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = '127.0.0.1';
require 'wp-load.php';
require 'wp-admin/includes/upgrade.php';
wp_install('Alerts', 'admin', 'admin@pd.test', true, '', '{password}');
$wp_rewrite->set_permalink_structure('{links}');
$wp_rewrite->flush_rules();
echo "\\n", WP_Application_Passwords::create_new_application_password(1, ['name' => 'publisher'])[0];
"""

_DATABASE = "CREATE DATABASE wp; CREATE USER wp@localhost IDENTIFIED BY 'wp'; GRANT ALL ON wp.* TO wp@localhost"


@dataclass(frozen=True)
class Blog:
    """A blog, its administrator, and the application password with which a program writes for the administrator."""

    url: str
    user: str
    password: str
    application_password: str

    @property
    def auth(self) -> tuple[str, str]:
        """What a program says of itself, by HTTP Basic."""
        return self.user, self.application_password


class WordPress(Server[Blog]):
    """WordPress with one user, admin; it asks nobody outside for anything.

    pretty_links: whether addresses are names; a blog without answers at index.php?rest_route=/wp/v2/… only.
    """

    name = "wordpress"
    recipe = "Debian's wordpress and MariaDB, without Apache"

    def __init__(self, *, pretty_links: bool = True) -> None:
        super().__init__()
        self._pretty_links = pretty_links
        self._socket_folder: Path | None = None

    @classmethod
    def on_machine(cls) -> bool:
        """Whether PHP and MariaDB are there."""
        return php.has(*_EXTENSIONS) and all(program(name) for name in ("mariadbd", "mariadb", "mariadb-install-db"))

    @classmethod
    def install_into(cls, folder: Path) -> None:
        """Install PHP and MariaDB, and take WordPress out of its packages."""
        php.ensure(*_EXTENSIONS)
        debian.ensure(cls.on_machine, "mariadb-server")
        root = debian.extract(folder, "wordpress", "php-getid3", "libjs-cropper", "libjs-underscore")
        web = folder / "web"
        debian.copy_out(root, "usr/share/wordpress", web)
        shutil.rmtree(root)
        theme = web / "wp-content" / "themes" / "plain"
        theme.mkdir(parents=True, exist_ok=True)
        (theme / "style.css").write_text("/* Theme Name: plain */")
        (theme / "index.php").write_text(_THEME)

    def begin(self) -> Blog:
        """Start an empty MariaDB, make a blog in it and serve it."""
        socket = self._start_database()
        web = self.run_folder / "web"
        php.copy_for_a_run(self.folder() / "web", web)
        (web / "wp-content" / "uploads").mkdir(parents=True, exist_ok=True)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        (web / "wp-config.php").unlink(missing_ok=True)
        (web / "wp-config.php").write_text(_SETTINGS.format(socket=socket, url=url))
        password = secrets.token_hex(16)
        links = "/%postname%/" if self._pretty_links else ""
        setup = self.run_folder / "setup.php"
        setup.write_text(_SETUP.format(password=password, links=links))
        said = self.run(["php", "-d", "sendmail_path=/bin/true", str(setup)], web, seconds=120)
        php.serve(self, web, port)
        return Blog(url=url, user="admin", password=password, application_password=said.splitlines()[-1])

    def stop(self) -> None:
        """Stop both servers."""
        super().stop()
        if self._socket_folder is not None:
            shutil.rmtree(self._socket_folder, ignore_errors=True)

    def _start_database(self) -> Path:
        # The path of a socket may have about a hundred characters, and a checkout may lie deep.
        self._socket_folder = Path(tempfile.mkdtemp(prefix="notifier-"))
        socket = self._socket_folder / "db"
        as_root = ["--user=root"] if os.getuid() == 0 else []
        data = f"--datadir={self.run_folder / 'mariadb'}"
        method = "--auth-root-authentication-method=normal"
        self.run(["mariadb-install-db", "--no-defaults", *as_root, data, method, "--skip-test-db"], self.run_folder)
        careless = ["--innodb-flush-log-at-trx-commit=0", "--skip-networking"]
        command = [program("mariadbd") or "mariadbd", "--no-defaults", *as_root, data, f"--socket={socket}", *careless]
        database = self.keep(command, "mariadb")
        database.wait_until(lambda: socket.exists() and _sql(socket, "SELECT 1"))
        self.run(["mariadb", "--no-defaults", "-uroot", "-S", str(socket), "-e", _DATABASE], self.run_folder)
        return socket


def _sql(socket: Path, statement: str) -> bool:
    command = [program("mariadb") or "mariadb", "--no-defaults", "-uroot", "-S", str(socket), "-e", statement]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
