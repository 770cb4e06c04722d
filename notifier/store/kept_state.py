"""What an adapter keeps of its account, in the store, for every process that works on it."""

import json
from collections.abc import Mapping
from typing import Any

from notifier.account_state import AccountState, changed
from notifier.store.accounts import read_accounts
from notifier.store.archive import canonical
from notifier.store.database import Database, Session


class KeptState(AccountState):
    """An account's state in the database; another account of the same name begins anew.

    It may hold tokens: it is in no record and no export.
    """

    def __init__(self, database: Database, department: str, channel: str, identity: str | None) -> None:
        super().__init__()
        self._database = database
        self._place: dict[str, str] = {"department": department, "channel": channel}
        self._identity = identity

    def read(self) -> Mapping[str, Any]:
        """Read it as it is on disk."""
        return self._database.query(self._read)

    def change(self, **values: Any) -> None:
        """Set some values in one transaction, whatever others set meanwhile."""

        def write(session: Session) -> None:
            read_accounts(session, self._place["department"], [self._place["channel"]])
            state = {"identity": self._identity, "values": changed(self._read(session), values)}
            session.run("account_state", **self._place, state=canonical(state))

        self._database.write(write)

    def _read(self, session: Session) -> dict[str, Any]:
        row = session.one("account", **self._place)
        kept: dict[str, Any] = json.loads(row["state"]) if row is not None else {}
        values: dict[str, Any] = kept.get("values", {}) if kept.get("identity") == self._identity else {}
        return values
