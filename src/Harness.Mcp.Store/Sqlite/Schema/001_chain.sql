-- One row a mission, in order of opening. Of two writers that saw the same chain, one finds that its head has moved.
CREATE TABLE missions (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    version  INTEGER NOT NULL,             -- of its last link
    position INTEGER NOT NULL              -- where that link lies
) STRICT;

-- Every link of every mission, never touched again. An index over all of them would have each mission touch a page of its own at every
-- commit; so each link names the one before, and a reader walks back from the head or from the next milestone.
CREATE TABLE links (
    position INTEGER PRIMARY KEY,          -- in order of arrival, over all missions, without gaps
    mission  INTEGER NOT NULL,             -- its id
    version  INTEGER NOT NULL CHECK (version >= 1),
    before   INTEGER NOT NULL,             -- position of the mission's link before, 0 for its first
    digest   TEXT NOT NULL,                -- of the record's bytes, as appended
    record   BLOB NOT NULL
) STRICT;

-- Where a long chain can be entered from the middle. A query uses it only if it asks for the same remainder.
CREATE UNIQUE INDEX links_milestones ON links (mission, version) WHERE version % 256 = 0;

-- Of each mission what it remembered at some version, so that a start need not fold all links. No record: without it nothing is lost.
CREATE TABLE snapshots (
    mission  INTEGER PRIMARY KEY,          -- its id
    version  INTEGER NOT NULL,
    head     TEXT NOT NULL,                -- digest of the link of that version
    links    BLOB NOT NULL,                -- versions of links that the state names, eight bytes each
    digest   TEXT NOT NULL,                -- of the state
    state    BLOB NOT NULL
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

CREATE TRIGGER missions_never_vanish BEFORE DELETE ON missions
BEGIN
    SELECT RAISE(ABORT, 'missions never vanish');
END;
