-- A policy whose day has not begun gives way to another for the same day; both stay. The highest version of a day holds.
ALTER TABLE policy ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE policy DROP CONSTRAINT policy_community_id_valid_from_key;
ALTER TABLE policy ADD UNIQUE (community_id, valid_from, version);
