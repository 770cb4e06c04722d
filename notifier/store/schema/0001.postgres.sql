CREATE FUNCTION notifier_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the archive is append-only'; END $$;
CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE ON event
FOR EACH ROW EXECUTE FUNCTION notifier_append_only();
CREATE TRIGGER event_remains BEFORE TRUNCATE ON event
FOR EACH STATEMENT EXECUTE FUNCTION notifier_append_only();
CREATE TRIGGER content_stays BEFORE UPDATE OR DELETE ON content
FOR EACH ROW EXECUTE FUNCTION notifier_append_only();
CREATE TRIGGER content_remains BEFORE TRUNCATE ON content
FOR EACH STATEMENT EXECUTE FUNCTION notifier_append_only();

-- What each process committed last, so that after a lost connection it is known whether a commit arrived.
CREATE TABLE commit_mark (
    owner TEXT PRIMARY KEY,
    mark  TEXT NOT NULL,
    at    TIMESTAMPTZ NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
CREATE TABLE schema_version (version INTEGER NOT NULL);
