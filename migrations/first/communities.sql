-- The tree of communities and their dated policies.

CREATE TABLE community (
    id            uuid PRIMARY KEY,
    parent_id     uuid REFERENCES community,
    kind          text NOT NULL CHECK (kind IN ('sub_district', 'community', 'grid', 'building')),
    name          text NOT NULL CHECK (name <> ''),
    name_en       text NOT NULL DEFAULT '',
    time_zone     text NOT NULL,
    ancestor_ids  uuid[] NOT NULL,               -- from the root down to and including this node
    CHECK (ancestor_ids[cardinality(ancestor_ids)] = id),
    CHECK ((parent_id IS NULL) = (cardinality(ancestor_ids) = 1))
);
CREATE INDEX community_parent ON community (parent_id);
CREATE INDEX community_ancestors ON community USING gin (ancestor_ids);

-- Roles reach down the tree, so a node that moved would hand its people to somebody else: it stays where it was made.
CREATE FUNCTION check_community() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kinds CONSTANT text[] := '{sub_district,community,grid,building}';
    parent community;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.parent_id IS DISTINCT FROM OLD.parent_id OR NEW.kind <> OLD.kind OR NEW.ancestor_ids <> OLD.ancestor_ids) THEN
        RAISE EXCEPTION 'community % cannot be moved', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT * INTO parent FROM community WHERE id = NEW.parent_id;
    IF FOUND AND (NEW.ancestor_ids <> parent.ancestor_ids || NEW.id
                  OR array_position(kinds, NEW.kind) <= array_position(kinds, parent.kind)) THEN
        RAISE EXCEPTION 'community % does not fit below %', NEW.id, parent.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER community_fits BEFORE INSERT OR UPDATE ON community FOR EACH ROW EXECUTE FUNCTION check_community();

-- Never edited, never deleted: a change is a new row with a later date. `rules` has the shape of communities.policies.Rules.
CREATE TABLE policy (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,
    valid_from    date NOT NULL,
    rules         jsonb NOT NULL,
    text_zh       text NOT NULL DEFAULT '',
    text_en       text NOT NULL DEFAULT '',
    made_by       uuid,
    made_at       timestamptz NOT NULL,
    UNIQUE (community_id, valid_from)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER policy_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON policy EXECUTE FUNCTION refuse_change();
