-- Words that go when a person's data go (people/erasure.py): the rows stay, under the number.
CALL pg_temp.allow('UPDATE (words)', 'record_objection');
CALL pg_temp.allow('UPDATE (reason)', 'departure');
CALL pg_temp.allow('UPDATE (evidence)', 'estate_claim');
