-- What somebody reads before they sign up is there in two languages, as title and content are.
ALTER TABLE activity
    ADD COLUMN risks_en           text NOT NULL DEFAULT '',  -- empty: `risks` in both languages
    ADD COLUMN organising_unit_en text NOT NULL DEFAULT '';  -- for reading; records keep `organising_unit`
