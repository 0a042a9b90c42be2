-- A PostgreSQL login for the engine that can do nothing but read: SELECT on one schema of views, nothing else.
--
-- Run it by psql as a superuser, in the ledger's database; the password is given when it runs, and not kept here:
--   psql --set ON_ERROR_STOP=1 --set password=… --dbname ledger --file postgresql-login.sql
--
-- Change the two names if you like:
--   ledger_reader   the login
--   webhook_views   the schema whose views the definitions read; a view reads its tables with its owner's rights
--
-- Running it again does no harm. The engine lists on status() whatever it finds that goes beyond reading; after this
-- script it finds nothing, and Composer.load(…, require_read_only=True) accepts the login.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_reader') THEN
        CREATE ROLE ledger_reader;
    END IF;
END
$$;
ALTER ROLE ledger_reader LOGIN PASSWORD :'password'
    NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT CONNECTION LIMIT 100;

-- The database: connect, and no temporary tables. TEMPORARY is every role's by default; grant it again to those roles
-- that need it.
DO $$
BEGIN
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM ledger_reader', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO ledger_reader', current_database());
    EXECUTE format('ALTER ROLE ledger_reader IN DATABASE %I SET search_path = webhook_views', current_database());
END
$$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- The views, and those that the role which runs this script makes later. For views that another role makes, say so:
-- ALTER DEFAULT PRIVILEGES FOR ROLE that_role IN SCHEMA webhook_views GRANT SELECT ON TABLES TO ledger_reader;
-- or run this script again after they are made.
CREATE SCHEMA IF NOT EXISTS webhook_views;
REVOKE ALL ON SCHEMA webhook_views FROM PUBLIC;
GRANT USAGE ON SCHEMA webhook_views TO ledger_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA webhook_views TO ledger_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA webhook_views GRANT SELECT ON TABLES TO ledger_reader;

-- Functions that write although the transaction is read-only, lift that setting, or act on other sessions. EXECUTE on
-- them is every role's by default. They are revoked in this database only; a role that works with large objects, or a
-- dump that is not made by a superuser, needs them granted again: GRANT EXECUTE ON FUNCTION lo_put(oid, bigint, bytea)
-- TO that_role. Functions with SECURITY DEFINER run with their owner's rights, so they are revoked too.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT p.oid::regprocedure
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE has_function_privilege('ledger_reader', p.oid, 'EXECUTE')
          AND (p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')
               OR p.proname IN (
                   'set_config',
                   'lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'lo_export', 'lo_open', 'lo_put',
                   'lo_truncate', 'lo_truncate64', 'lo_unlink', 'lowrite',
                   'pg_cancel_backend', 'pg_terminate_backend', 'pg_notify', 'pg_logical_emit_message',
                   'pg_read_file_old', 'pg_file_write', 'pg_file_rename', 'pg_file_sync', 'pg_file_unlink',
                   'dblink', 'dblink_connect', 'dblink_connect_u', 'dblink_exec', 'dblink_open', 'dblink_send_query',
                   'autoprewarm_dump_now', 'autoprewarm_start_worker'))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, ledger_reader', name);
    END LOOP;
END
$$;
-- A definition cannot call a function of the ledger's own on PostgreSQL: let a view have what the function computes. A
-- function that a view calls runs with the login's rights, so it can read these views and no table. One with SECURITY
-- DEFINER could, but granted to the login it counts as a right beyond reading.
