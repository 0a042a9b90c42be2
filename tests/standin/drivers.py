"""Where the two ODBC drivers for SQL Server are on this machine."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from engine.errors import ConfigurationError
from engine.execution.odbc import load_pyodbc

DRIVERS: Final = ("FreeTDS", "Microsoft")
_FREETDS: Final = ("/usr/lib/*/odbc/libtdsodbc.so", "/usr/lib*/libtdsodbc.so*", "/opt/homebrew/lib/libtdsodbc.so")


class MissingDriverError(Exception):
    """The message says what is missing, and what brings it."""


def driver_path(driver: str) -> str:
    """The driver's shared library; raises MissingDriverError."""
    return _freetds() if driver == "FreeTDS" else _microsoft()


def with_driver(url: str, driver: str) -> str:
    """A SQLAlchemy URL of SQL Server, by that driver."""
    changed = make_url(url).update_query_dict({"driver": driver_path(driver)})
    return changed.render_as_string(hide_password=False)


def check_driver(driver: str) -> None:
    """Raises MissingDriverError where tests with that driver cannot run."""
    try:
        load_pyodbc()  # whose pooling must be off before the process's first connection
    except ConfigurationError as error:
        raise MissingDriverError(str(error)) from None
    driver_path(driver)


def _freetds() -> str:
    for pattern in _FREETDS:
        found = sorted(Path("/").glob(pattern[1:]))
        if found:
            return str(found[0])
    raise MissingDriverError("FreeTDS's ODBC driver is not installed; Debian's package is tdsodbc")


def _microsoft() -> str:
    try:
        import mssql_python_odbc
    except ImportError:
        raise MissingDriverError("Microsoft's ODBC driver is not installed; its wheel is mssql-python-odbc") from None
    machine = {"AMD64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    folder = Path(mssql_python_odbc.get_libs_dir())
    system = "debian_ubuntu" if Path("/etc/debian_version").exists() else "rhel"
    found = [
        *sorted(folder.glob(f"linux/{system}/{machine}/lib/libmsodbcsql*.so*")),
        *sorted(folder.glob(f"linux/*/{machine}/lib/libmsodbcsql*.so*")),
        *sorted(folder.glob(f"macos/{machine}/lib/libmsodbcsql*.dylib")),
    ]
    if not found:
        raise MissingDriverError(f"the wheel mssql-python-odbc has no driver for {machine}")
    return str(found[0])
