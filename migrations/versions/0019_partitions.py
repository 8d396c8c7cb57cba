"""Raw events in partitions by ledger, and what of them lies in files."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"

# What is stored stays where it is: it becomes the first partition, up to the end of the range of
# 2^20 ledgers that its newest event is in. The second one is made ahead, as the indexer does.
PARTITIONS = """
ALTER TABLE ledger.quarantine DROP CONSTRAINT quarantine_event_fkey;
ALTER TABLE ledger.event RENAME TO event_from_0;
ALTER INDEX ledger.event_pkey RENAME TO event_from_0_pkey;
CREATE TABLE ledger.event (
    LIKE ledger.event_from_0 INCLUDING COMMENTS, PRIMARY KEY (position, index)
) PARTITION BY RANGE (position);
COMMENT ON TABLE ledger.event IS
    'Every event of the followed contracts, raw: everything else is derived from here';
DO $$
DECLARE
    middle bigint := ((SELECT coalesce(max(position), 0) FROM ledger.event_from_0)
                      >> 52) + 1 << 20;
BEGIN
    EXECUTE format(
        'ALTER TABLE ledger.event ATTACH PARTITION ledger.event_from_0'
        ' FOR VALUES FROM (0) TO (%s)', middle << 32);
    EXECUTE format('CREATE TABLE ledger.event_from_%s (LIKE ledger.event INCLUDING ALL)', middle);
    EXECUTE format(
        'ALTER TABLE ledger.event ATTACH PARTITION ledger.event_from_%s'
        ' FOR VALUES FROM (%s) TO (%s)', middle, middle << 32, (middle + (1 << 20)) << 32);
END $$;
ALTER TABLE ledger.quarantine ADD CONSTRAINT quarantine_event_fkey
    FOREIGN KEY (position, index) REFERENCES ledger.event (position, index);
"""

ARCHIVE = """
CREATE TABLE ledger.archive (
    first bigint NOT NULL,
    before bigint NOT NULL,
    events bigint NOT NULL,
    digest bytea NOT NULL,
    sha256 bytea NOT NULL,
    folder text NOT NULL,
    file text NOT NULL,
    PRIMARY KEY (first),
    CONSTRAINT archive_order_check CHECK (first < before)
);
COMMENT ON TABLE ledger.archive IS
    'Raw events that lie in files instead of ledger.event, by ledgers';
COMMENT ON COLUMN ledger.archive.before IS 'first ledger that is not in it';
COMMENT ON COLUMN ledger.archive.digest IS 'of the events, as of their rows';
COMMENT ON COLUMN ledger.archive.sha256 IS 'of the file';
COMMENT ON COLUMN ledger.archive.folder IS 'where the file is';
"""


def upgrade() -> None:
    """Applies this revision."""
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(PARTITIONS)
    op.execute(ARCHIVE)
    op.execute("RESET ROLE")
