-- By which door a decision came, one of `schema.DOORS`; NULL for one of before doors were kept.
ALTER TABLE consent ADD COLUMN door TEXT;
