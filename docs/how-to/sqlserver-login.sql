-- A SQL Server login for the engine that can do nothing but read: SELECT on one schema of views, nothing else.
--
-- It is written after Microsoft's documentation, and has not been run on a real SQL Server here: none was at hand. Try
-- it on a copy first, and look at the check at its end.
--
-- Run it by sqlcmd as a sysadmin, in the ledger's database; the password is given when it runs, and not kept here:
--   sqlcmd -S server -d ledger -b -v password="…" -i sqlserver-login.sql
--
-- Change the two names if you like:
--   ledger_reader   the login, and its user
--   webhook_views   the schema whose views the definitions read
--
-- Running it again does no harm. The engine lists on status() whatever it finds that goes beyond reading; after this
-- script it should find nothing, and Composer.load(…, require_read_only=True) accept the login.
SET NOCOUNT ON;
SET XACT_ABORT ON;
GO

-- The login: of the server, in no role of it. A password that expires would stop the webhooks on that day.
IF SUSER_ID(N'ledger_reader') IS NULL
    CREATE LOGIN ledger_reader WITH PASSWORD = N'$(password)', DEFAULT_LANGUAGE = us_english, CHECK_EXPIRATION = OFF;
ELSE
    ALTER LOGIN ledger_reader WITH PASSWORD = N'$(password)';
GO

-- The views. The schema belongs to dbo, as the tables do: so a view reads its tables although the login may not
-- (ownership chaining), and the login gets no right on any table.
IF SCHEMA_ID(N'webhook_views') IS NULL
    EXEC (N'CREATE SCHEMA webhook_views AUTHORIZATION dbo');
IF USER_ID(N'ledger_reader') IS NULL
    CREATE USER ledger_reader FOR LOGIN ledger_reader WITH DEFAULT_SCHEMA = webhook_views;
ELSE
    ALTER USER ledger_reader WITH DEFAULT_SCHEMA = webhook_views;
GO
GRANT SELECT ON SCHEMA::webhook_views TO ledger_reader;

-- Functions that the definitions call, one by one, after you have read them: EXECUTE for those that give a value,
-- SELECT for those that give rows.
--   GRANT EXECUTE ON OBJECT::dbo.fn_balance TO ledger_reader;
--   GRANT SELECT ON OBJECT::dbo.fn_lines TO ledger_reader;

-- Which columns are classified as sensitive, for the rule "undisclosed" (SQL Server 2019 and later).
--   GRANT VIEW ANY SENSITIVITY CLASSIFICATION TO ledger_reader;

-- The rest, so that a role which the login joins one day gives it nothing. EXECUTE is not denied: a DENY on the
-- database would take the functions above away, too, and no procedure is granted. UPDATE covers sequences' numbers.
DENY INSERT, UPDATE, DELETE, REFERENCES, ALTER, TAKE OWNERSHIP, CHECKPOINT, BACKUP DATABASE, BACKUP LOG,
     CREATE TABLE, CREATE VIEW, CREATE PROCEDURE, CREATE FUNCTION, CREATE SYNONYM, CREATE TYPE, CREATE QUEUE,
     CREATE SERVICE, SUBSCRIBE QUERY NOTIFICATIONS
    TO ledger_reader;
GO

-- What every login may execute, and a reader needs not: procedures that look at the server's files, and locks that a
-- session keeps. The drivers need sp_prepexec, sp_execute and their like, which stay.
USE master;
GO
IF USER_ID(N'ledger_reader') IS NULL
    CREATE USER ledger_reader FOR LOGIN ledger_reader;
DENY EXECUTE ON sys.xp_dirtree TO ledger_reader;
DENY EXECUTE ON sys.xp_fileexist TO ledger_reader;
DENY EXECUTE ON sys.xp_fixeddrives TO ledger_reader;
DENY EXECUTE ON sys.xp_regread TO ledger_reader;
DENY EXECUTE ON sys.sp_getapplock TO ledger_reader;
GO

-- Linked servers let in every login by default, with its own password or with that of their mapping: look at
--   SELECT s.name, l.uses_self_credential, l.remote_name
--   FROM sys.servers AS s JOIN sys.linked_logins AS l ON l.server_id = s.server_id WHERE s.is_linked = 1;
-- and drop the mapping for all (sp_droplinkedsrvlogin) where it reaches anything that is not for reading. The server's
-- option "Ad Hoc Distributed Queries" should be off, as it is by default: OPENROWSET asks for no right but that.

-- The database. The first setting lets a definition with several steps read one state of the ledger (SNAPSHOT); while
-- it is off, status() says that steps may differ. It takes effect once the transactions that are open have ended. Both
-- keep row versions, in tempdb, and add up to 14 bytes to a row that changes.
USE [$(SQLCMDDBNAME)];
GO
ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON;
GO
-- The second lets a query read what was committed last instead of waiting for a writer's locks, and so ends most
-- timeouts (1222) and deadlocks (1205) of readers. It changes what READ COMMITTED means for every program of the
-- database, and needs a moment without other connections: decide that with those who own the programs.
--   ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK AFTER 30 SECONDS;

-- Check: what the login may do, which should be CONNECT and what begins with VIEW, and SELECT on the schema.
EXECUTE AS LOGIN = N'ledger_reader';
SELECT 'database' AS securable, permission_name FROM sys.fn_my_permissions(NULL, N'DATABASE')
UNION ALL SELECT 'webhook_views', permission_name FROM sys.fn_my_permissions(N'webhook_views', N'SCHEMA')
UNION ALL SELECT 'server', permission_name FROM sys.fn_my_permissions(NULL, N'SERVER');
REVERT;
GO
