-- What the door asks of both houses at once, in one round trip: the card, the person, what the caller may, and scan_facts.
-- `a_person` is whom the code leads to, or who is signed in. `a_venue` is the session of a venue code; it stands for its activity there.
CREATE FUNCTION door_facts(
    a_person uuid, a_card uuid, a_key text, a_venue uuid, some_activities uuid[], some_nodes uuid[], override_nodes uuid[],
    a_scanner uuid, a_nonce text, at timestamptz, near interval
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    a_serial int;
    is_replaced boolean := false;
    an_activity uuid;
    a_place text;
    is_allowed boolean;
    may_override boolean;
BEGIN
    IF a_card IS NOT NULL THEN
        SELECT p.serial, p.revoked_at IS NOT NULL INTO a_serial, is_replaced FROM pass p WHERE p.id = a_card;
    END IF;
    IF a_venue IS NOT NULL THEN
        SELECT s.activity_id, s.place INTO an_activity, a_place FROM session s WHERE s.id = a_venue;
        some_activities := array_remove(ARRAY[an_activity], NULL);
    END IF;
    SELECT coalesce(bool_and(coalesce(c.ancestor_ids && some_nodes, false)), false),
           coalesce(bool_and(coalesce(c.ancestor_ids && override_nodes, false)), false) INTO is_allowed, may_override
      FROM unnest(some_activities) AS named (id) LEFT JOIN activity a ON a.id = named.id LEFT JOIN community c ON c.id = a.community_id;
    RETURN json_build_object(
        'is_allowed', is_allowed, 'may_override', may_override, 'venue_exists', an_activity IS NOT NULL,
        'public_key', (SELECT encode(k.public_key, 'base64') FROM pass_key k WHERE k.id = a_key AND k.removed_at IS NULL),
        'serial', a_serial, 'is_replaced', coalesce(is_replaced, false),
        'member', (SELECT json_build_object('id', m.id, 'name', m.name, 'number', m.number, 'state', m.state,
                                            'state_reason', m.state_reason, 'note', m.staff_note,
                                            'is_within', c.ancestor_ids && some_nodes)
                     FROM member m JOIN community c ON c.id = m.community_id WHERE m.id = a_person AND m.state <> 'left'),
        'schedule', scan_facts(a_person, some_activities, a_place, a_scanner, a_nonce, at, near));
END $$;
