-- What the door asks of both houses at once, in one round trip: who the code leads to, what the caller may, and the facts of scan_facts.
-- `a_member` is known beforehand at self check-in; then `a_venue` is the session of the venue code, and it stands for its activity there.
CREATE FUNCTION door_facts(
    a_member uuid, a_pass uuid, a_typed text, a_key text, a_venue uuid, some_activities uuid[], some_nodes uuid[], override_nodes uuid[],
    a_scanner uuid, a_nonce text, at timestamptz, near interval
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    card record;
    venue record;
    person uuid := a_member;
    is_allowed boolean;
    may_override boolean;
BEGIN
    SELECT p.member_id, p.serial, p.revoked_at IS NOT NULL AS is_replaced INTO card FROM pass p
     WHERE p.id = a_pass OR p.typed_code = a_typed;
    person := coalesce(a_member, card.member_id);
    SELECT s.activity_id, s.place INTO venue FROM session s WHERE s.id = a_venue;
    IF a_venue IS NOT NULL THEN
        some_activities := array_remove(ARRAY[venue.activity_id], NULL);
    END IF;
    SELECT coalesce(bool_and(c.ancestor_ids && some_nodes), false), coalesce(bool_and(c.ancestor_ids && override_nodes), false)
      INTO is_allowed, may_override
      FROM unnest(some_activities) AS named (id) LEFT JOIN activity a ON a.id = named.id LEFT JOIN community c ON c.id = a.community_id;
    RETURN json_build_object(
        'is_allowed', is_allowed, 'may_override', may_override, 'venue_exists', venue.activity_id IS NOT NULL,
        'public_key', (SELECT encode(k.public_key, 'base64') FROM pass_key k WHERE k.id = a_key AND k.removed_at IS NULL),
        'serial', card.serial, 'is_replaced', coalesce(card.is_replaced, false),
        'member', (SELECT json_build_object('id', m.id, 'name', m.name, 'number', m.number, 'state', m.state,
                                            'state_reason', m.state_reason, 'note', m.staff_note)
                     FROM member m WHERE m.id = person AND m.state <> 'left'),
        'schedule', scan_facts(person, some_activities, venue.place, a_scanner, a_nonce, at, near));
END $$;
