"""The analysts' role and schema, and the function that says which ledger its views answer for."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

# Roles and their settings are the cluster's, not this database's: another database may be
# migrated at this very moment, and says the same.
_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stellarsettle_analyst') THEN
        CREATE ROLE stellarsettle_analyst LOGIN CONNECTION LIMIT 16;
        ALTER ROLE stellarsettle_analyst SET statement_timeout = '30s';
        ALTER ROLE stellarsettle_analyst SET lock_timeout = '5s';
        ALTER ROLE stellarsettle_analyst SET idle_in_transaction_session_timeout = '60s';
        ALTER ROLE stellarsettle_analyst SET default_transaction_read_only = on;
        ALTER ROLE stellarsettle_analyst SET search_path = analytics;
        ALTER ROLE stellarsettle_analyst SET timezone = 'UTC';
    END IF;
-- "tuple concurrently updated" is an internal error: another database made the same role
EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN NULL;
END $$;
DO $$ BEGIN
    ALTER ROLE stellarsettle_analyst SET temp_file_limit = '1GB';
-- only a superuser may: without it sorts of analysts are bounded by time alone
EXCEPTION WHEN insufficient_privilege OR internal_error THEN NULL;
END $$;
"""

_SCHEMA = """
CREATE SCHEMA analytics AUTHORIZATION stellarsettle_indexer;
COMMENT ON SCHEMA analytics IS
    'Documented views over the read models; SET analytics.as_of = LEDGER looks back';
GRANT USAGE ON SCHEMA analytics TO stellarsettle_analyst;
"""

_AS_OF = """
CREATE FUNCTION analytics.as_of() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text := nullif(current_setting('analytics.as_of', true), '');
    newest bigint;
BEGIN
    IF current_setting('statement_timeout')::interval NOT BETWEEN '1 ms' AND '5 min'
       AND NOT pg_has_role(session_user, 'stellarsettle_indexer', 'MEMBER') THEN
        RAISE EXCEPTION 'analytics answers only with a statement_timeout of at most 5 minutes'
            USING ERRCODE = 'query_canceled', HINT = 'SET statement_timeout = ''30s''';
    END IF;
    IF wanted IS NULL THEN
        RETURN NULL;
    END IF;
    IF wanted !~ '^[0-9]{1,10}$' THEN
        RAISE EXCEPTION 'analytics.as_of is the number of a ledger, not %', wanted
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT ledger INTO newest FROM read.applied;
    IF wanted::bigint > newest THEN
        RAISE EXCEPTION 'ledger % is after %, the newest that is read', wanted, newest
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN wanted::bigint;
END $$;
COMMENT ON FUNCTION analytics.as_of() IS
    'The ledger that the views answer for: the setting analytics.as_of, null for the newest';
REVOKE EXECUTE ON FUNCTION analytics.as_of() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analytics.as_of() TO stellarsettle_analyst;
"""


def upgrade() -> None:
    """Applies this revision; the views themselves are made anew after every migration."""
    op.execute(_ROLE)
    op.execute(_SCHEMA)
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_AS_OF)
    op.execute("RESET ROLE")
