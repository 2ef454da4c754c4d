"""ConnectionFault: connection strings that cannot be used. The same is found by `config check`."""

from table import provoked

START = "Server=db;Database=Octopus;"
LOGIN = "User Id=sa;Password=x"


def connection(case, text, hint, string, command="on verify"):
    return provoked("ConnectionFault." + case, text, hint, 1, f"store '{string}'; {command}")


MICROSOFT = ("install Microsoft's msodbcsql18, see https://learn.microsoft.com/sql/connect/odbc/linux-mac/"
             "installing-the-microsoft-odbc-driver-for-sql-server")

ROWS = [
    connection("malformed", "syntax error at setting 4 of the connection string",
               "quote a value that has a semicolon, or a quote at an end: Password=\"a;b\"",
               START + "User Id=sa;Password=\"x"),
    connection("unknownSetting", "setting 3 of the connection string is not a SQL Server keyword",
               "is it misspelt, or part of a password with a semicolon, which must be quoted?",
               START + "Odd=1;" + LOGIN),
    connection("badValue", "invalid value for \"Encrypt\" in the connection string",
               "octokey config diff shows what changed since the last backup copy", START + "Encrypt=perhaps;" + LOGIN),
    connection("missing", "the connection string has no \"User ID\"", "add it to the connection string",
               START + "Password=x"),
    connection("cannotHonour",
               "the value of \"Server Certificate\" in the connection string is not supported by FreeTDS",
               MICROSOFT, START + LOGIN + ";Encrypt=True;ServerCertificate=/x.pem",
               "on verify --odbc-driver FreeTDS"),
    connection("cannotHonour", "the value of \"Data Source\" in the connection string works on Windows only",
               "use the server's host and port, and a SQL Server login or Kerberos",
               "Server=(localdb)\\\\x;Database=Octopus;Integrated Security=true"),
    connection("quoted", "the whole connection string is in quotes",
               "remove the quotes at both ends: only single values are quoted", "\"" + START + LOGIN + "\""),
    connection("odbcString", "the connection string is for an ODBC driver, not for ADO.NET", "write odbc: before it",
               "Driver={FreeTDS};" + START),
    connection("placeholder", "\"Password\" of the connection string contains a placeholder that was not replaced",
               "octokey does not expand variables: write the value itself", START + "User Id=sa;Password=${PASSWORD}"),
    connection("colonBeforePort", "\"Data Source\" of the connection string has a colon before the port",
               "write a comma, as SQL Server expects: Server=HOST,1433", "Server=db:1433;Database=Octopus;" + LOGIN),
    connection("noSuchLogin", "no ODBC driver on Linux supports \"Active Directory Default\"",
               "use a SQL Server login, Kerberos (Integrated Security=true), or Authentication=Active Directory "
               "Service Principal, Managed Identity or Password", START + "Authentication=Active Directory Default"),
    connection("tooLong", "\"Password\" of the connection string is longer than 128 characters",
               "shorten it: SQL Server allows no longer ones", START + "User Id=sa;Password=" + "x" * 129),
    connection("readOnlyReplica",
               "refusing to connect with \"ApplicationIntent\" set to read-only: a replica can lag behind",
               "remove the setting, so that octokey reads from the primary",
               "odbc:Driver=FreeTDS;Server=db;UID=sa;PWD=x;ApplicationIntent=ReadOnly"),
    connection("noDriver", "no ODBC driver for SQL Server found",
               MICROSOFT + "; or FreeTDS: apt-get install tdsodbc", START + LOGIN,
               "export ODBCSYSINI=$PWD ODBCINSTINI=none.ini; on verify"),
    connection("noDriver", "no ODBC driver \"Odd\" for SQL Server found…",
               "odbcinst -q -d lists the drivers; a path works, too", START + LOGIN, "on verify --odbc-driver Odd"),
]
