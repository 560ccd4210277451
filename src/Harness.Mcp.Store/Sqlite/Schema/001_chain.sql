-- Every link of every mission. (mission, version) is unique: of two writers that saw the same chain, one finds its place taken.
CREATE TABLE links (
    position INTEGER PRIMARY KEY,          -- in order of arrival, over all missions
    mission  TEXT NOT NULL,
    version  INTEGER NOT NULL CHECK (version >= 1),
    digest   TEXT NOT NULL,                -- of the record's bytes, as appended
    record   BLOB NOT NULL,
    UNIQUE (mission, version)
) STRICT;

-- These stop a mistake, not an intruder: the digests are what shows tampering.
CREATE TRIGGER links_never_change BEFORE UPDATE ON links
BEGIN
    SELECT RAISE(ABORT, 'links never change');
END;

CREATE TRIGGER links_never_vanish BEFORE DELETE ON links
BEGIN
    SELECT RAISE(ABORT, 'links never vanish');
END;
