-- Version 1. Times are integer microseconds UTC, JSON is TEXT, ids sort by time.

CREATE TABLE notification (
    id          TEXT PRIMARY KEY,
    department  TEXT NOT NULL,
    kind        TEXT NOT NULL,
    stage       TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('actual', 'exercise')),
    state       TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    headline    TEXT NOT NULL,
    fields      TEXT NOT NULL,
    languages   TEXT NOT NULL,
    findings    TEXT NOT NULL,
    refused     TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    source      TEXT NOT NULL,
    author      TEXT NOT NULL,
    login       TEXT NOT NULL,
    created     INTEGER NOT NULL,
    released    INTEGER,
    expires     INTEGER NOT NULL
);
CREATE INDEX notification_by_time ON notification (department, created);
CREATE INDEX notification_alike ON notification (department, fingerprint, created);

-- What was said and shown, by its hash; events and deliveries refer to it.
CREATE TABLE content (
    sha256     TEXT PRIMARY KEY,
    media_type TEXT NOT NULL,
    body       BLOB,
    created    INTEGER NOT NULL
);

-- What happened: append-only, a hash chain a stream. A stream is a department's notification, `channel:NAME` or
-- `feed:NAME`; one file may hold several departments.
CREATE TABLE event (
    department TEXT NOT NULL,
    stream     TEXT NOT NULL,
    number     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    type       TEXT NOT NULL,
    actor      TEXT NOT NULL,
    login      TEXT NOT NULL,
    data       TEXT NOT NULL,
    previous   TEXT NOT NULL,
    hash       TEXT NOT NULL,
    PRIMARY KEY (department, stream, number)
);
CREATE INDEX wrong_pin ON event (department, actor, at) WHERE type = 'pin-wrong';
-- What is still to do, and what became of it: the unit of retry.
CREATE TABLE delivery (
    id           INTEGER PRIMARY KEY,
    department   TEXT NOT NULL,
    notification TEXT NOT NULL REFERENCES notification (id),
    revision     INTEGER NOT NULL,
    operation    TEXT NOT NULL CHECK (operation IN ('publish', 'amend', 'reply', 'withdraw')),
    channel      TEXT NOT NULL,
    language     TEXT NOT NULL,
    part         INTEGER NOT NULL,
    recipient    TEXT NOT NULL,
    state        TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    due          INTEGER,
    expires      INTEGER NOT NULL,
    priority     INTEGER NOT NULL,
    hold         TEXT,
    detail       TEXT,
    message      TEXT NOT NULL REFERENCES content (sha256),
    saved        TEXT NOT NULL,
    target       TEXT,
    remote_id    TEXT,
    url          TEXT,
    receipt      TEXT,
    owner        TEXT,
    lease        INTEGER,
    attempted    INTEGER,
    created      INTEGER NOT NULL,
    changed      INTEGER NOT NULL,
    UNIQUE (department, notification, revision, operation, channel, language, part, recipient)
);
CREATE INDEX delivery_due ON delivery (department, due, priority) WHERE state IN ('due', 'unknown') AND due IS NOT NULL;
CREATE INDEX delivery_owned ON delivery (department, owner) WHERE owner IS NOT NULL;
CREATE INDEX delivery_held ON delivery (department, channel) WHERE state = 'held';

-- Who must say yes before a revision goes out, what exactly was asked for (the hash of its texts), and who decided.
CREATE TABLE approval (
    department    TEXT NOT NULL,
    notification  TEXT NOT NULL REFERENCES notification (id),
    revision      INTEGER NOT NULL,
    state         TEXT NOT NULL,
    reasons       TEXT NOT NULL,
    hash          TEXT NOT NULL,
    asked_by      TEXT NOT NULL,
    asked_login   TEXT NOT NULL,
    asked         INTEGER NOT NULL,
    until         INTEGER NOT NULL,
    decided_by    TEXT,
    decided_login TEXT,
    decided       INTEGER,
    reason        TEXT,
    pin           INTEGER NOT NULL,
    PRIMARY KEY (department, notification, revision)
);
CREATE INDEX approval_pending ON approval (department, until) WHERE state = 'pending';

-- A delivery is claimed only when all that it comes after are final.
CREATE TABLE delivery_after (
    delivery INTEGER NOT NULL REFERENCES delivery (id),
    after    INTEGER NOT NULL REFERENCES delivery (id),
    PRIMARY KEY (delivery, after)
);

-- What the store keeps for a channel: why it is stopped, its pace, and the adapter's own state.
CREATE TABLE account (
    department TEXT NOT NULL,
    channel    TEXT NOT NULL,
    stopped    TEXT,
    next_slot  INTEGER,
    state      TEXT NOT NULL,
    PRIMARY KEY (department, channel)
);

CREATE TABLE process (
    owner      TEXT PRIMARY KEY,
    department TEXT NOT NULL,
    role       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    started    INTEGER NOT NULL
);

CREATE TABLE feed (
    department    TEXT NOT NULL,
    name          TEXT NOT NULL,
    etag          TEXT,
    last_modified TEXT,
    checked       INTEGER,
    succeeded     INTEGER,
    failure       TEXT,
    PRIMARY KEY (department, name)
);

-- Every alert of a feed that was judged, so that none is told twice; one message may tell of several events.
CREATE TABLE told (
    department   TEXT NOT NULL,
    feed         TEXT NOT NULL,
    source_id    TEXT NOT NULL,
    event        TEXT NOT NULL,
    decision     TEXT NOT NULL,
    reason       TEXT NOT NULL,
    headline     TEXT NOT NULL,
    notification TEXT,
    at           INTEGER NOT NULL,
    PRIMARY KEY (department, feed, source_id, event)
);
CREATE INDEX told_by_time ON told (department, feed, at);

-- The keys by which an office names the events of an alert (VTEC), so that what follows finds what was told.
CREATE TABLE told_key (
    department TEXT NOT NULL,
    feed       TEXT NOT NULL,
    event_key  TEXT NOT NULL,
    source_id  TEXT NOT NULL,
    event      TEXT NOT NULL,
    PRIMARY KEY (department, feed, event_key, source_id, event)
);
