"""The engine's own texts for SQL Server: they set a session up, and ask about the database and the login's rights.

Each text is one round trip. Its wording is constant, so that logs and tests can recognise it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.execution.interface import LedgerStatus
from engine.execution.rights import summarise

_LOCK_SHARE: Final = 0.8  # of the timeout, so that the error for a query that waits for a lock says so

# They are the same on every server, whatever the login's language and defaults are.
_SETTINGS: Final = (
    "SET NOCOUNT ON; SET XACT_ABORT ON; SET IMPLICIT_TRANSACTIONS OFF; SET DEADLOCK_PRIORITY LOW; "
    "SET LANGUAGE us_english; SET DATEFIRST 7; SET DATEFORMAT mdy; SET TEXTSIZE 2147483647; SET ROWCOUNT 0; "
    "SET ANSI_NULLS ON; SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; SET ARITHABORT ON; SET QUOTED_IDENTIFIER ON; "
    "SET CONCAT_NULL_YIELDS_NULL ON; SET NUMERIC_ROUNDABORT OFF; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; "
    "SET LOCK_TIMEOUT "
)

BEGIN: Final = "BEGIN TRANSACTION"
BEGIN_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION"
ROLLBACK: Final = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"
ROLLBACK_SNAPSHOT: Final = f"{ROLLBACK}; SET TRANSACTION ISOLATION LEVEL READ COMMITTED"

FACTS: Final = (
    "SELECT d.name, d.snapshot_isolation_state, d.is_read_committed_snapshot_on "
    "FROM sys.databases AS d WHERE d.database_id = DB_ID()"
)

# One row for each right and object. EXECUTE of a function only reads, but a procedure may do anything. Rights on single
# objects are found by the grants, which are few; asking for the rights on each object of a large ledger takes long.
# Names of the server and names of the database may have different collations.
RIGHTS: Final = """
SELECT 'sysadmin' AS [right], CAST(NULL AS nvarchar(517)) AS object WHERE IS_SRVROLEMEMBER('sysadmin') = 1
UNION ALL SELECT 'db_owner', DB_NAME() COLLATE DATABASE_DEFAULT WHERE IS_ROLEMEMBER('db_owner') = 1
UNION ALL SELECT 'member of', r.name COLLATE DATABASE_DEFAULT FROM sys.database_principals AS r
  WHERE r.type = 'R' AND IS_ROLEMEMBER(r.name) = 1 AND r.name IN ('db_accessadmin', 'db_backupoperator',
    'db_datawriter', 'db_ddladmin', 'db_securityadmin')
UNION ALL SELECT 'member of', r.name COLLATE DATABASE_DEFAULT FROM sys.server_principals AS r
  WHERE r.type = 'R' AND r.name NOT IN ('public', 'sysadmin') AND r.is_fixed_role = 1
    AND r.name NOT LIKE '##MS[_]%Reader##' AND IS_SRVROLEMEMBER(r.name) = 1
UNION ALL SELECT p.permission_name COLLATE DATABASE_DEFAULT + ' on the server', NULL
  FROM sys.fn_my_permissions(NULL, 'SERVER') AS p
  WHERE p.permission_name NOT IN ('CONNECT SQL', 'CONNECT ANY DATABASE') AND p.permission_name NOT LIKE 'VIEW %'
UNION ALL SELECT p.permission_name COLLATE DATABASE_DEFAULT + ' in database', DB_NAME() COLLATE DATABASE_DEFAULT
  FROM sys.fn_my_permissions(NULL, 'DATABASE') AS p
  WHERE p.permission_name NOT IN ('CONNECT', 'SELECT', 'SHOWPLAN', 'UNMASK') AND p.permission_name NOT LIKE 'VIEW %'
UNION ALL SELECT p.permission_name COLLATE DATABASE_DEFAULT + ' on schema', s.name COLLATE DATABASE_DEFAULT
  FROM sys.schemas AS s CROSS APPLY sys.fn_my_permissions(QUOTENAME(s.name), 'SCHEMA') AS p
  WHERE s.name NOT IN ('sys', 'INFORMATION_SCHEMA')
    AND p.permission_name NOT IN ('SELECT', 'REFERENCES', 'UNMASK') AND p.permission_name NOT LIKE 'VIEW %'
UNION ALL SELECT DISTINCT g.permission_name COLLATE DATABASE_DEFAULT + ' on',
    (s.name + '.' + o.name) COLLATE DATABASE_DEFAULT
  FROM sys.database_permissions AS g JOIN sys.objects AS o ON o.object_id = g.major_id
  JOIN sys.schemas AS s ON s.schema_id = o.schema_id
  WHERE g.class = 1 AND g.state IN ('G', 'W') AND o.is_ms_shipped = 0
    AND (g.grantee_principal_id = DATABASE_PRINCIPAL_ID() OR IS_MEMBER(USER_NAME(g.grantee_principal_id)) = 1)
    AND g.permission_name NOT IN ('SELECT', 'REFERENCES', 'UNMASK') AND g.permission_name NOT LIKE 'VIEW %'
    AND NOT (g.permission_name = 'EXECUTE' AND o.type IN ('FN', 'FS', 'IF', 'TF', 'FT'))
    AND (g.minor_id > 0
      OR HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', g.permission_name) = 1)
UNION ALL SELECT 'owner of', (s.name + '.' + o.name) COLLATE DATABASE_DEFAULT
  FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
  WHERE o.is_ms_shipped = 0 AND o.principal_id = DATABASE_PRINCIPAL_ID()
ORDER BY 1, 2
"""

_EVERYTHING: Final = ("sysadmin", "db_owner")  # a member of either has all other rights, so these are not listed


def settings(timeout: float) -> str:
    """The batch that sets a session up. `timeout` is the one of a query, in seconds."""
    return f"{_SETTINGS}{max(1, int(timeout * 1000 * _LOCK_SHARE))}"


def status(facts: Sequence[tuple[object, ...]], rights: Sequence[tuple[object, ...]]) -> LedgerStatus:
    """The status for an operator, from the rows of FACTS and RIGHTS."""
    warnings = []
    name, _, is_versioned = facts[0]
    if not is_versioned:
        warnings.append(f"READ_COMMITTED_SNAPSHOT is off in the database {name}: queries wait for writers.")
    if not has_snapshot(facts):
        warnings.append(f"ALLOW_SNAPSHOT_ISOLATION is off in the database {name}: a definition's steps may differ.")
    return LedgerStatus(connected=True, write_rights=_summary(rights), warnings=tuple(warnings))


def has_snapshot(facts: Sequence[tuple[object, ...]]) -> bool:
    """Whether a transaction may read one state of the database. 1 means on; 0, 2 and 3 mean off, or changing."""
    return facts[0][1] == 1


def _summary(rights: Sequence[tuple[object, ...]]) -> tuple[str, ...]:
    for whole in _EVERYTHING:
        if any(right == whole for right, _ in rights):
            return summarise(row for row in rights if row[0] == whole)
    return summarise(rights)
