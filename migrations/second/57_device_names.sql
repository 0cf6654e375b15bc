-- What a desk or a kiosk is called is read in two languages.
ALTER TABLE device
    ADD COLUMN name_en text NOT NULL DEFAULT '';              -- empty: `name` in both languages
