-- Version 3: what acts on an earlier post (`target` names its delivery), and when somebody is reminded of a hand-off.

ALTER TABLE delivery ADD COLUMN remind INTEGER;
-- When somebody is reminded who has not done what it waits for.
CREATE INDEX delivery_target ON delivery (target) WHERE target IS NOT NULL;
CREATE INDEX delivery_remind ON delivery (department, remind) WHERE remind IS NOT NULL;
