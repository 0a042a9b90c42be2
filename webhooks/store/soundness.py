"""Whether the store's tables and indexes can be read and written: a look at each, and the database's own check."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, exists, quoted_name, select, text

from webhooks.store.tables import METADATA, UNCHECKED

_MOST_FAULTS: Final = 20
_INDEXES: Final = text("""
    SELECT index_class.oid::regclass::text FROM pg_index
    JOIN pg_class index_class ON index_class.oid = pg_index.indexrelid
    JOIN pg_am ON pg_am.oid = index_class.relam AND pg_am.amname = 'btree'
    JOIN pg_class table_class ON table_class.oid = pg_index.indrelid
    WHERE table_class.relnamespace = current_schema()::regnamespace AND table_class.relkind = 'r' ORDER BY 1
""")
_AMCHECK: Final = text("""
    SELECT pg_proc.oid::regproc::text FROM pg_extension
    JOIN pg_proc ON pg_proc.pronamespace = extnamespace AND proname = 'bt_index_check' AND pronargs = 2
    WHERE extname = 'amcheck' AND has_schema_privilege(extnamespace, 'usage')
        AND has_function_privilege(pg_proc.oid, 'execute')
""")


def touch(connection: Connection) -> None:
    """Reads a row of each table, by each index on SQLite, and writes it as it is: the caller rolls that back.

    It raises what the database says of a damaged one, and takes milliseconds, however much is in them.
    """
    (_touch_embedded if connection.dialect.name == "sqlite" else _touch_postgresql)(connection)


def _touch_postgresql(connection: Connection) -> None:
    for table in METADATA.sorted_tables:
        last = select(table).order_by(*(column.desc() for column in table.primary_key)).limit(1)
        connection.execute(last.with_for_update(key_share=True, skip_locked=True)).all()


def _touch_embedded(connection: Connection) -> None:
    run = connection.exec_driver_sql
    for kind, name, table, definition in run("SELECT type, name, tbl_name, sql FROM sqlite_schema").all():
        quoted = _quoted(connection, table)
        if kind == "index":
            _, where, condition = (definition or "").partition(" WHERE ")
            run(f"SELECT 1 FROM {quoted} INDEXED BY {_quoted(connection, name)}{where}{condition} LIMIT 1").all()
        elif kind == "table":
            # A key is left as it is: to write one has SQLite look for all that refers to it.
            columns = [_quoted(connection, row[1]) for row in run(f"PRAGMA table_info({quoted})") if not row[5]]
            last = f"rowid = (SELECT max(rowid) FROM {quoted})"
            run(f"SELECT * FROM {quoted} WHERE {last}").all()
            if columns:
                run(f"UPDATE {quoted} SET {', '.join(f'{each} = {each}' for each in columns)} WHERE {last}")


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(quoted_name(name, quote=True))


def own_check(connection: Connection) -> list[str]:
    """What the database's own check finds, the first few: SQLite's integrity_check; PostgreSQL's amcheck of each index,
    where that extension is installed and this role may call it, and rows that refer to none.

    It reads everything, and raises what stops it.
    """
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_FAULTS})").scalars().all()
        return [each for each in found if each != "ok"]
    from webhooks.store.bounded import unbounded  # noqa: PLC0415  psycopg is for PostgreSQL only

    with unbounded(connection):
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        if check := connection.scalar(_AMCHECK):
            function = check.replace(":", r"\:")
            statement = text(f"SELECT {function}(CAST(:name AS regclass), true)")
            for name in connection.scalars(_INDEXES).all():
                connection.execute(statement, {"name": name})
        return _dangling(connection)


def _dangling(connection: Connection) -> list[str]:
    """For each reference that PostgreSQL does not check, a row whose reference leads nowhere."""
    found = []
    for column in UNCHECKED:
        (key,) = column.foreign_keys
        query = select(column).where(~exists().where(key.column == column)).limit(1)
        words = f"{column.table.name}.{column.name} refers to no {key.column.table.name}: "
        found += [f"{words}{value}" for value in connection.scalars(query)]
    return found
