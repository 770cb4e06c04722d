-- name: append_event
INSERT INTO event (department, stream, number, at, type, actor, login, data, previous, hash)
VALUES (:department, :stream, :number, :at, :type, :actor, :login, :data, :previous, :hash)
-- name: last_event
SELECT number, hash FROM event WHERE department = :department AND stream = :stream ORDER BY number DESC LIMIT 1
-- name: events_of
SELECT department, stream, number, at, type, actor, login, data, previous, hash FROM event
WHERE department = :department AND stream = :stream ORDER BY number
-- name: streams
SELECT DISTINCT department, stream FROM event ORDER BY department, stream
-- name: keep_content
INSERT INTO content (sha256, media_type, body, created) VALUES (:sha256, :media_type, :body, :created)
ON CONFLICT (sha256) DO NOTHING
-- name: content
SELECT media_type, body FROM content WHERE sha256 = :sha256
-- name: contents
SELECT sha256, media_type FROM content ORDER BY sha256

-- name: insert_notification
INSERT INTO notification (id, department, kind, stage, status, state, revision, headline, fields, languages, findings,
                          refused, fingerprint, source, author, login, created, released, expires)
VALUES (:id, :department, :kind, :stage, :status, :state, :revision, :headline, :fields, :languages, :findings,
        :refused, :fingerprint, :source, :author, :login, :created, :released, :expires)
-- name: revise_notification
UPDATE notification SET stage = :stage, state = :state, revision = :revision, headline = :headline, fields = :fields,
       findings = :findings, refused = :refused, fingerprint = :fingerprint, released = :released, expires = :expires
WHERE id = :id AND department = :department AND revision = :revision - 1
-- name: set_notification_state
UPDATE notification SET state = :state WHERE id = :id AND department = :department
-- name: notification
SELECT n.*, a.until AS approve_until FROM notification AS n LEFT JOIN approval AS a
  ON a.department = n.department AND a.notification = n.id AND a.revision = n.revision
WHERE n.id = :id AND n.department = :department
-- name: notifications_like
SELECT n.*, a.until AS approve_until FROM notification AS n LEFT JOIN approval AS a
  ON a.department = n.department AND a.notification = n.id AND a.revision = n.revision
WHERE n.department = :department AND n.id LIKE :pattern ORDER BY n.id DESC LIMIT 2
-- name: notifications
SELECT n.*, a.until AS approve_until FROM notification AS n LEFT JOIN approval AS a
  ON a.department = n.department AND a.notification = n.id AND a.revision = n.revision
WHERE n.department = :department ORDER BY n.created DESC, n.id DESC LIMIT :most
-- name: alike_since
SELECT id FROM notification
WHERE department = :department AND fingerprint = :fingerprint AND created >= :since
  AND state NOT IN ('blocked', 'rejected', 'withdrawn', 'expired')
ORDER BY created DESC LIMIT 1

-- name: ask_approval
INSERT INTO approval (department, notification, revision, state, reasons, hash, asked_by, asked_login, asked, until,
                      decided_by, decided, reason, pin)
VALUES (:department, :notification, :revision, :state, :reasons, :hash, :asked_by, :asked_login, :asked, :until,
        :decided_by, :decided, :reason, 0)
-- name: approvals_of
SELECT * FROM approval WHERE department = :department AND notification = :notification ORDER BY revision
-- name: approval_of_newest
SELECT a.* FROM approval AS a JOIN notification AS n
  ON n.id = a.notification AND n.department = a.department AND n.revision = a.revision
WHERE a.department = :department AND a.notification = :notification
-- name: approvals_pending
SELECT * FROM approval WHERE department = :department AND state = 'pending' ORDER BY until, notification
-- name: decide_approval
UPDATE approval SET state = :state, decided_by = :decided_by, decided_login = :decided_login, decided = :decided,
       reason = :reason, pin = :pin
WHERE department = :department AND notification = :notification AND revision = :revision AND state = :was
-- name: wrong_pins
SELECT at FROM event WHERE department = :department AND actor = :actor AND type = 'pin-wrong' AND at > :since
ORDER BY at DESC

-- name: insert_delivery
INSERT INTO delivery (department, notification, revision, operation, channel, language, part, recipient, state, attempts,
                      due, expires, priority, hold, detail, message, saved, identity, fallback, patience, created, changed)
VALUES (:department, :notification, :revision, :operation, :channel, :language, :part, :recipient, :state, 0,
        :due, :expires, :priority, :hold, :detail, :message, '{}', :identity, :fallback, :patience, :now, :now)
RETURNING id
-- name: stand_by
UPDATE delivery SET standby_for = :standby_for WHERE id = :id
-- name: aim_delivery
UPDATE delivery SET target = :target WHERE id = :id
-- name: remind_delivery
UPDATE delivery SET remind = :remind WHERE id = :id
-- name: withdrawal_of
SELECT * FROM delivery WHERE target = :target AND operation = 'withdraw' AND state <> 'cancelled'
-- name: insert_after
INSERT INTO delivery_after (delivery, after) VALUES (:delivery, :after) ON CONFLICT DO NOTHING
-- name: unfinished_on_channel
SELECT id FROM delivery
WHERE notification = :notification AND department = :department AND channel = :channel AND language = :language
  AND recipient = :recipient AND revision < :revision AND state NOT IN ('delivered', 'failed', 'cancelled', 'expired')
-- name: deliveries_of
SELECT * FROM delivery WHERE notification = :notification AND department = :department
ORDER BY revision, id
-- name: delivery
SELECT * FROM delivery WHERE id = :id AND department = :department
-- name: attempted
SELECT id, department, notification, revision, operation, channel, language, part, recipient, state, hold, owner, sender,
       attempts, fallback, due, detail, doubted FROM delivery WHERE id = :id
-- name: later_revision
SELECT id FROM delivery
WHERE notification = :notification AND department = :department AND channel = :channel AND language = :language
  AND recipient = :recipient AND revision > :revision AND state NOT IN ('cancelled', 'expired') LIMIT 1
-- name: acting_on
SELECT * FROM delivery WHERE target = :target AND state IN ('due', 'held')
-- name: standby_of
SELECT * FROM delivery WHERE standby_for = :id AND state = 'held'
-- name: standbys_on
SELECT * FROM delivery
WHERE department = :department AND notification = :notification AND revision = :revision AND language = :language
  AND channel = :channel AND standby_for IS NOT NULL AND state <> 'cancelled'
-- name: perhaps_out
SELECT id FROM delivery
WHERE department = :department AND notification = :notification AND revision = :revision AND language = :language
  AND channel = :channel AND (state IN ('claimed', 'sending', 'unknown', 'delivered') OR doubted = 1) LIMIT 1
-- name: put_off_patience
UPDATE delivery SET patience = patience + :by WHERE id = :id AND patience IS NOT NULL
-- name: in_flight
SELECT channel, COUNT(*) AS count FROM delivery WHERE department = :department AND owner IS NOT NULL GROUP BY channel
-- `+due` and `channel || ''` keep SQLite from an index that finds the rows, but not in their order, or not the fewest.
-- name: claimable
SELECT d.*, t.body AS text FROM delivery AS d JOIN content AS t ON t.sha256 = d.message
WHERE d.department = :department AND d.channel = :channel AND d.state IN ('due', 'unknown') AND d.due IS NOT NULL
  AND +d.due <= :now AND (d.identity IS NULL OR d.identity = COALESCE(:identity, d.identity))
  AND NOT EXISTS (
      SELECT 1 FROM delivery_after AS a JOIN delivery AS b ON b.id = a.after
      WHERE a.delivery = d.id AND b.state NOT IN ('delivered', 'failed', 'cancelled', 'expired'))
ORDER BY d.priority, d.due, d.id LIMIT :most
-- name: claimable_of
SELECT d.*, t.body AS text FROM delivery AS d JOIN content AS t ON t.sha256 = d.message
WHERE d.department = :department AND d.notification = :notification AND d.channel || '' = :channel
  AND d.state IN ('due', 'unknown') AND d.due IS NOT NULL
  AND +d.due <= :now AND (d.identity IS NULL OR d.identity = COALESCE(:identity, d.identity))
  AND NOT EXISTS (
      SELECT 1 FROM delivery_after AS a JOIN delivery AS b ON b.id = a.after
      WHERE a.delivery = d.id AND b.state NOT IN ('delivered', 'failed', 'cancelled', 'expired'))
ORDER BY d.priority, d.due, d.id LIMIT :most
-- name: claim_delivery
UPDATE delivery SET state = 'claimed', due = NULL, hold = :hold, owner = :owner, lease = :lease, changed = :now
WHERE id = :id AND state = :was AND owner IS NULL
RETURNING id
-- name: next_due
SELECT due, state FROM delivery
WHERE department = :department AND channel = :channel AND state IN ('due', 'unknown') AND due IS NOT NULL
  AND (identity IS NULL OR identity = COALESCE(:identity, identity))
ORDER BY due LIMIT 1
-- name: next_due_of
SELECT due, state FROM delivery
WHERE department = :department AND notification = :notification AND channel || '' = :channel
  AND state IN ('due', 'unknown') AND due IS NOT NULL AND (identity IS NULL OR identity = COALESCE(:identity, identity))
ORDER BY due LIMIT 1
-- name: due_channels
SELECT DISTINCT channel FROM delivery
WHERE department = :department AND state IN ('due', 'unknown') AND due IS NOT NULL AND due <= :now
-- name: move_delivery
UPDATE delivery
SET state = :state, due = :due, hold = :hold, detail = :detail, owner = :owner, lease = :lease, changed = :now
WHERE id = :id AND state = :was AND COALESCE(owner, '') = :was_owner
-- name: bounce_delivery
UPDATE delivery SET state = 'due', due = :now, hold = NULL, owner = NULL, lease = NULL, changed = :now
WHERE id = :id AND state = 'claimed' AND owner = :owner
-- name: intend_delivery
UPDATE delivery
SET state = 'sending', attempts = attempts + 1, attempted = :now, saved = :saved, lease = :lease, sender = :owner,
    changed = :now
WHERE id = :id AND state = 'claimed' AND owner = :owner
RETURNING id
-- name: finish_delivery
UPDATE delivery
SET state = :state, due = :due, hold = :hold, detail = :detail, remote_id = :remote_id, url = :url, receipt = :receipt,
    saved = :saved, not_before = :not_before, doubted = :doubted, remind = :remind, owner = NULL, lease = NULL,
    changed = :now
WHERE id = :id AND state = :was
-- name: extend_leases
UPDATE delivery SET lease = :lease WHERE department = :department AND owner = :owner
-- name: adopt_identity
UPDATE delivery SET identity = :identity WHERE id = :id
-- name: found_delivery
UPDATE delivery SET url = :url WHERE id = :id
-- name: owned
SELECT * FROM delivery WHERE department = :department AND owner IS NOT NULL ORDER BY id
-- name: owners
SELECT owner, MAX(lease) AS lease FROM delivery WHERE department = :department AND owner IS NOT NULL GROUP BY owner
-- name: held
SELECT * FROM delivery WHERE department = :department AND channel = :channel AND state = 'held'
-- name: old_news
SELECT * FROM delivery
WHERE department = :department AND state IN ('due', 'held') AND expires <= :now AND COALESCE(hold, '') <> 'approval'
-- name: out_of_patience
SELECT d.* FROM delivery AS d LEFT JOIN account AS c ON c.department = d.department AND c.channel = d.channel
WHERE d.department = :department AND d.patience IS NOT NULL AND d.patience <= :now AND d.state IN ('due', 'held')
  AND COALESCE(d.hold, '') IN ('', 'auth', 'secret') AND d.expires > :now AND COALESCE(c.cause, '') <> 'operator'
  AND (c.opened IS NOT NULL OR c.cause = 'auth' OR d.hold = 'secret')
-- name: to_remind
SELECT * FROM delivery
WHERE department = :department AND remind IS NOT NULL AND remind <= :now AND state = 'awaiting_person'
-- name: open_notifications
SELECT notification FROM delivery
WHERE department = :department AND state NOT IN ('delivered', 'failed', 'cancelled', 'expired')
UNION
SELECT id AS notification FROM notification WHERE department = :department AND state = 'pending'
-- name: open_deliveries
SELECT channel, state, COUNT(*) AS count, COUNT(due) AS timed, MIN(due) AS due FROM delivery
WHERE department = :department AND state NOT IN ('delivered', 'failed', 'cancelled', 'expired')
  AND COALESCE(hold, '') <> 'standby'
GROUP BY channel, state ORDER BY channel, state

-- name: account
SELECT * FROM account WHERE department = :department AND channel = :channel
-- name: accounts
SELECT * FROM account WHERE department = :department
-- name: account_state
UPDATE account SET state = :state WHERE department = :department AND channel = :channel
-- name: open_account
INSERT INTO account (department, channel, state) VALUES (:department, :channel, '{}')
ON CONFLICT (department, channel) DO NOTHING
-- name: stop_account
UPDATE account SET stopped = :stopped, cause = :cause WHERE department = :department AND channel = :channel
-- name: pace_account
UPDATE account SET next_slot = :next_slot WHERE department = :department AND channel = :channel
-- name: set_circuit
UPDATE account SET failures = :failures, opened = :opened, probe_at = :probe_at, paused_until = :paused_until
WHERE department = :department AND channel = :channel
-- name: hurry_channel
UPDATE delivery SET due = CASE WHEN COALESCE(not_before, 0) > :now THEN not_before ELSE :now END
WHERE department = :department AND channel = :channel AND state = 'due' AND due > :now AND attempts > 0

-- name: open_alarm
SELECT id FROM alarm WHERE department = :department AND key = :key AND cleared IS NULL
-- name: open_alarms
SELECT * FROM alarm WHERE department = :department AND cleared IS NULL ORDER BY raised, id
-- name: raise_alarm
INSERT INTO alarm (department, key, subject, body, raised, due)
VALUES (:department, :key, :subject, :body, :raised, :due)
-- name: clear_alarm
UPDATE alarm SET cleared = :cleared, due = NULL WHERE department = :department AND key = :key AND cleared IS NULL
-- name: alarms_due
SELECT * FROM alarm WHERE department = :department AND due IS NOT NULL AND due <= :now ORDER BY raised, id
-- name: postpone_alarm
UPDATE alarm SET due = :due WHERE id = :id
-- name: alarm_told
UPDATE alarm SET told = :told, attempts = attempts + 1, detail = :detail,
       due = CASE WHEN cleared IS NULL THEN CAST(:due AS BIGINT) END
WHERE id = :id

-- name: register_process
INSERT INTO process (owner, department, role, pid, started, seen) VALUES (:owner, :department, :role, :pid, :now, :now)
ON CONFLICT (owner) DO UPDATE SET role = :role, seen = :now
-- name: seen_process
UPDATE process SET seen = :now WHERE owner = :owner
-- name: forget_process
DELETE FROM process WHERE owner = :owner
-- name: processes
SELECT * FROM process WHERE department = :department AND role = :role

-- name: feed
SELECT * FROM feed WHERE department = :department AND name = :name
-- name: all_feeds
SELECT name, checked, succeeded, failure FROM feed WHERE department = :department ORDER BY name
-- name: feed_checked
INSERT INTO feed (department, name, etag, last_modified, checked, succeeded, failure)
VALUES (:department, :name, :etag, :last_modified, :now, :succeeded, :failure)
ON CONFLICT (department, name) DO UPDATE SET etag = :etag, last_modified = :last_modified, checked = :now,
    succeeded = COALESCE(:succeeded, feed.succeeded), failure = :failure
-- name: told
SELECT * FROM told WHERE department = :department AND feed = :feed AND source_id = :source_id ORDER BY event
-- name: told_event
SELECT t.* FROM told_key AS k JOIN told AS t
  ON t.department = k.department AND t.feed = k.feed AND t.source_id = k.source_id AND t.event = k.event
WHERE k.department = :department AND k.feed = :feed AND k.event_key = :event_key AND t.notification IS NOT NULL
ORDER BY t.at DESC LIMIT 1
-- name: tell_key
INSERT INTO told_key (department, feed, event_key, source_id, event)
VALUES (:department, :feed, :event_key, :source_id, :event) ON CONFLICT DO NOTHING
-- name: tell
INSERT INTO told (department, feed, source_id, event, decision, reason, headline, notification, at)
VALUES (:department, :feed, :source_id, :event, :decision, :reason, :headline, :notification, :now)
ON CONFLICT (department, feed, source_id, event) DO UPDATE SET decision = :decision, reason = :reason,
    notification = COALESCE(:notification, told.notification), at = :now
-- name: told_lately
SELECT * FROM told WHERE department = :department AND feed = :feed ORDER BY at DESC LIMIT :most
-- name: counts
SELECT state, COUNT(*) AS count FROM delivery
WHERE department = :department AND state NOT IN ('delivered', 'failed', 'cancelled', 'expired')
GROUP BY state ORDER BY state
-- name: pending_count
SELECT COUNT(*) AS count FROM notification WHERE department = :department AND state = 'pending'
-- name: all_processes
SELECT owner, role, pid, started, COALESCE(seen, started) AS seen FROM process
WHERE department = :department ORDER BY started, owner
