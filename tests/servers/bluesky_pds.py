"""A real personal data server of Bluesky, with the directory of identities (PLC) that it needs, from npm."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.servers import debian
from tests.servers.processes import free_port, port_open, program
from tests.servers.server import Server

_PACKAGES = ("@atproto/pds@0.4.217", "@did-plc/server@0.0.1")

_PROGRAM = """\
// Both listen wherever they are asked; a test's server is only for this machine.
const net = require('node:net')
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...rest) { return listen.call(this, port, '127.0.0.1', ...rest) }

const { PDS, envToCfg, envToSecrets, readEnv } = require('@atproto/pds')
const { Database, PlcServer } = require('@did-plc/server')

async function main() {
  await PlcServer.create({ db: Database.mock(), port: Number(process.env.PLC_PORT) }).start()
  const env = readEnv()
  const pds = await PDS.create(envToCfg(env), envToSecrets(env))
  await pds.start()
}
main().catch((error) => { console.error(error); process.exit(1) })
"""


@dataclass(frozen=True)
class Account:
    """An account on a PDS; a program logs in by the app password."""

    url: str
    did: str
    handle: str
    email: str
    password: str
    app_password: str


class BlueskyPds(Server[Account]):
    """A PDS that knows one account, has no rate limits and talks to nobody but its own directory."""

    name = "bluesky_pds"
    recipe = f"{' and '.join(_PACKAGES)} (npm; about four minutes)"

    @classmethod
    def on_machine(cls) -> bool:
        """Whether Node is there."""
        return program("node") is not None and program("npm") is not None

    @classmethod
    def install_into(cls, folder: Path) -> None:
        """Install both packages, and see that they load: a part is compiled."""
        debian.ensure(cls.on_machine, "nodejs", "npm")
        (folder / "package.json").write_text('{"private": true}\n')
        (folder / "server.cjs").write_text(_PROGRAM)
        node = Path(program("node") or "node").resolve()
        # With Node's own headers beside it, nothing has to be fetched to compile against.
        beside = (node.parents[1] / "include" / "node" / "node.h").exists()
        headers = {"npm_config_nodedir": str(node.parents[1])} if beside else {}
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
        cls.run([*install, *_PACKAGES], folder, seconds=1200, **headers)
        cls.run([str(node), "-e", "require('@atproto/pds'); require('@did-plc/server')"], folder)

    def begin(self) -> Account:
        """Start both and make the account."""
        port, plc = free_port(), free_port()
        url = f"http://127.0.0.1:{port}"
        for place in ("data", "blobs"):
            (self.run_folder / place).mkdir()
        server = self.keep(
            [program("node") or "node", str(self.folder() / "server.cjs")],
            "server",
            NODE_ENV="test",
            PLC_PORT=str(plc),
            PDS_PORT=str(port),
            PDS_HOSTNAME="localhost",
            PDS_DATA_DIRECTORY=str(self.run_folder / "data"),
            PDS_BLOBSTORE_DISK_LOCATION=str(self.run_folder / "blobs"),
            PDS_REPO_SIGNING_KEY_K256_PRIVATE_KEY_HEX="1" * 64,
            PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX="2" * 64,
            PDS_DPOP_SECRET="3" * 64,
            PDS_JWT_SECRET="4" * 32,
            PDS_ADMIN_PASSWORD=secrets.token_hex(8),
            PDS_DID_PLC_URL=f"http://127.0.0.1:{plc}",
            PDS_INVITE_REQUIRED="0",
            PDS_DEV_MODE="true",
            PDS_DISABLE_SSRF_PROTECTION="1",
            PDS_SERVICE_HANDLE_DOMAINS=".test",
            PDS_CRAWLERS="",
        )
        server.wait_until(lambda: port_open(port) and _healthy(url))
        return _register(url)


def _healthy(url: str) -> bool:
    try:
        return requests.get(f"{url}/xrpc/_health", timeout=2).ok
    except requests.RequestException:
        return False


def _register(url: str) -> Account:
    password, email = secrets.token_hex(16), "publisher@pd.test"
    asked = {"email": email, "handle": "pdalerts.test", "password": password}
    made = requests.post(f"{url}/xrpc/com.atproto.server.createAccount", json=asked, timeout=30)
    made.raise_for_status()
    who = made.json()
    app = requests.post(
        f"{url}/xrpc/com.atproto.server.createAppPassword",
        json={"name": "publisher"},
        headers={"Authorization": f"Bearer {who['accessJwt']}"},
        timeout=30,
    )
    app.raise_for_status()
    return Account(
        url=url,
        did=who["did"],
        handle=who["handle"],
        email=email,
        password=password,
        app_password=app.json()["password"],
    )
