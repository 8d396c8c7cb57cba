"""The audit log: a chain of hashes that the API may lengthen and read, and nothing else."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

# Owned by whoever migrates, not by the API's role: an owner could change what it owns.
_LOG = """
CREATE SCHEMA audit;
CREATE TABLE audit.entry (
    number bigint NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    about text NOT NULL,
    detail text NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (number),
    CONSTRAINT entry_lines_check CHECK (strpos(actor || action || about, E'\\n') = 0)
);
CREATE INDEX ix_audit_entry_actor ON audit.entry (actor);
CREATE INDEX ix_audit_entry_about ON audit.entry (about);
COMMENT ON TABLE audit.entry IS
    'Privileged actions, in order. Nobody may change, remove or add but by audit.append.';
COMMENT ON COLUMN audit.entry.at IS 'Unix microseconds';
COMMENT ON COLUMN audit.entry.actor IS 'as in a token''s sub';
COMMENT ON COLUMN audit.entry.action IS 'noun.verb';
COMMENT ON COLUMN audit.entry.about IS 'whom or what it concerned';
COMMENT ON COLUMN audit.entry.detail IS 'JSON, the very bytes that are hashed';
COMMENT ON COLUMN audit.entry.hash IS 'SHA-256, the entry before included';

CREATE FUNCTION audit.append(actor text, action text, about text, detail text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last audit.entry;
    following bigint;
    moment bigint;
BEGIN
    -- One after the other, until the transaction ends: an entry follows one that came to be.
    PERFORM pg_advisory_xact_lock(7166034902);
    SELECT * INTO last FROM audit.entry ORDER BY audit.entry.number DESC LIMIT 1;
    following := coalesce(last.number, 0) + 1;
    moment := floor(extract(epoch FROM clock_timestamp()) * 1000000);
    INSERT INTO audit.entry VALUES (following, moment, actor, action, about, detail, sha256(
        coalesce(last.hash, decode(repeat('00', 32), 'hex'))
        || convert_to(concat_ws(E'\\n', following, moment, actor, action, about, detail), 'UTF8')
    ));
    RETURN following;
END $$;
COMMENT ON FUNCTION audit.append(text, text, text, text) IS
    'Adds an entry to the chain, in the transaction of what it tells of';

REVOKE ALL ON FUNCTION audit.append(text, text, text, text) FROM public;
GRANT USAGE ON SCHEMA audit TO stellarsettle_api;
GRANT SELECT ON audit.entry TO stellarsettle_api;
GRANT EXECUTE ON FUNCTION audit.append(text, text, text, text) TO stellarsettle_api;

ALTER TABLE audit.entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON audit.entry FOR SELECT TO stellarsettle_api USING (
    string_to_array(current_setting('stellarsettle.roles', true), ',')
    && ARRAY['admin', 'staff:operations', 'staff:compliance']
);
"""


def upgrade() -> None:
    """Makes the log, empty."""
    op.execute(_LOG)
