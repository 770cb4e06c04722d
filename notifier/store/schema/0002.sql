-- Version 2: the health of accounts, who sent what, fallbacks, alarms; claims that stay quick however much was delivered.

ALTER TABLE account ADD COLUMN cause TEXT;
-- `auth` or `operator`: why it is stopped. Only what one of these stopped, the same may start again.
UPDATE account SET cause = 'auth' WHERE stopped IS NOT NULL;
ALTER TABLE account ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
-- `retry` outcomes in a row.
ALTER TABLE account ADD COLUMN opened INTEGER;
-- Since when the circuit is open: the service is down.
ALTER TABLE account ADD COLUMN probe_at INTEGER;
ALTER TABLE account ADD COLUMN paused_until INTEGER;
-- The service named this time (Retry-After, a reset header): nothing is sent before.

ALTER TABLE delivery ADD COLUMN identity TEXT;
-- Whose account it was planned for; a worker whose account of this name is another's leaves it alone.
ALTER TABLE delivery ADD COLUMN sender TEXT;
-- Who made the last attempt: what that process learns late still counts.
ALTER TABLE delivery ADD COLUMN not_before INTEGER;
ALTER TABLE delivery ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;
-- 1: the answer of an attempt was lost and none since has settled it; it may be there, whatever a repeat is told.
ALTER TABLE delivery ADD COLUMN fallback TEXT;
-- `hand-off`, or the channel whose delivery stands by for this one.
ALTER TABLE delivery ADD COLUMN patience INTEGER;
-- When it goes by its fallback, if its channel is down then.
ALTER TABLE delivery ADD COLUMN standby_for INTEGER REFERENCES delivery (id);

DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (department, channel, due) WHERE state IN ('due', 'unknown') AND due IS NOT NULL;
CREATE INDEX delivery_turn ON delivery (department, channel, priority, due, id)
    WHERE state IN ('due', 'unknown') AND due IS NOT NULL;
DROP INDEX delivery_owned;
CREATE INDEX delivery_owned ON delivery (department, channel, owner) WHERE owner IS NOT NULL;
-- What is not final, which stays little however much was delivered.
CREATE INDEX delivery_open ON delivery (department, channel, state, due, hold)
    WHERE state NOT IN ('delivered', 'failed', 'cancelled', 'expired');
CREATE INDEX delivery_unfinished ON delivery (department, notification)
    WHERE state NOT IN ('delivered', 'failed', 'cancelled', 'expired');
CREATE INDEX delivery_old ON delivery (department, expires) WHERE state IN ('due', 'held');
CREATE INDEX delivery_patience ON delivery (department, patience)
    WHERE patience IS NOT NULL AND state IN ('due', 'held');
CREATE INDEX delivery_standby ON delivery (standby_for) WHERE standby_for IS NOT NULL;
CREATE INDEX delivery_followed ON delivery_after (after);
CREATE INDEX notification_pending ON notification (department, created) WHERE state = 'pending';

ALTER TABLE process ADD COLUMN seen INTEGER;

-- What somebody must hear of: raised with the change that caused it, told through the operator's channel, open until it
-- is over. One key is open once.
CREATE TABLE alarm (
    id         INTEGER PRIMARY KEY,
    department TEXT NOT NULL,
    key        TEXT NOT NULL,
    subject    TEXT NOT NULL,
    body       TEXT NOT NULL,
    raised     INTEGER NOT NULL,
    cleared    INTEGER,
    told       INTEGER,
    attempts   INTEGER NOT NULL DEFAULT 0,
    due        INTEGER,
    detail     TEXT
);
CREATE UNIQUE INDEX alarm_open ON alarm (department, key) WHERE cleared IS NULL;
CREATE INDEX alarm_due ON alarm (department, due) WHERE due IS NOT NULL;
