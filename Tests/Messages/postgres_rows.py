"""What is wrong with a database on PostgreSQL, with a real server."""

from table import provoked

MOVE = "move it to a separate database; Octopus Server has no such table"
RIGHTS = ("the login must be able to read and write every table, as db_owner can on SQL Server; octokey-sqlserver(7) "
          "lists the minimum")
PLACE = "\"127.0.0.1,…/node…\""
REWRITE = "refusing to rewrite \"{}\" of " + PLACE + ": "
# A value of the sample.
VALUE = ("(SELECT substring(\"JSON\" from '[A-Za-z0-9+/]+=*[|][A-Za-z0-9+/]+==') FROM \"Configuration\" "
         "WHERE \"JSON\" ~ '==[|]|=[|]' LIMIT 1)")


def on_server(case, text, hint, code, script):
    return provoked(case, text, hint, code, script, sample="postgres")


def obstacle(case, table, text, hint, sql):
    return on_server("StoreObstacle." + case, REWRITE.format(table) + text, hint, 1,
                     "point; psql -q <<'END'\n" + sql.replace("VALUE", VALUE) + "\nEND\nrotate")


ROWS = [
    on_server("StoreError.lacksRights", "the login lacks permission on \"Configuration\" of " + PLACE, RIGHTS, 1,
              "login 'REVOKE SELECT ON \"Configuration\" FROM LOGIN'; rotate"),
    on_server("StoreError.unreachable", "cannot connect to \"127.0.0.1,1/…\": …",
              "check that the driver is installed (odbcinst -q -d), and that the server is running and can be reached "
              "with this name, port and login", 1, "PGPORT=1 point; on verify"),
    on_server("StoreError.disconnected", "the connection was lost while working on …" + PLACE + ": …",
              "wait until the server can be reached, then run the command again", 1,
              "through --at UPDATE --cut; rotate"),
    on_server("StoreError.serverRefused", "the server refused the login to " + PLACE + ": …",
              "check the user and the password in the connection string; the server's log has the reason", 1,
              "point nobody_at_all; on verify"),
    on_server("ServerRefusal.wrongLogin", "the server refused the login to " + PLACE + ": …",
              "check the user and the password in the connection string; the server's log has the reason", 1,
              "point nobody_at_all; on verify"),
    on_server("ServerRefusal.noDatabase", "the server cannot open the database \"127.0.0.1,…/none\": …",
              "check its name, whether it is online, and whether the login is a user of it; on Azure this may be "
              "temporary", 1,
              "PGDATABASE=none point; on verify"),
    on_server("RotationError.interruptedCommit",
              "the rotation was interrupted: the connection was lost while working on "
              + PLACE + ": …; the new key is in \"…/master-key-….key\"",
              "…octokey recover --config …/OctopusServer.config", 3, "through --at COMMIT --lose-reply --gone; rotate"),
    on_server("RotationError.commitWithoutEffect",
              PLACE + " reported a commit, but has 0 of … values under the new key and … under the old one",
              "a proxy on the connection may end transactions; connect to the server itself",
              1, "losing --drop-commit; rotate"),
    on_server("StoreError.transactionLost",
              "the transaction in " + PLACE + " ended before its commit, and its changes are lost",
              "look for the reason in the server's log, then run the command again", 1, "losing --steal 30; rotate"),
    obstacle("noRowKey", "T", "it has no key that identifies a row", MOVE,
             "CREATE TABLE \"T\" (\"V\" text); INSERT INTO \"T\" SELECT VALUE;"),
    obstacle("unfitType", "X", "the type of column \"V\" cannot store the text unchanged", MOVE,
             "CREATE TABLE \"X\" (\"Id\" int PRIMARY KEY, \"V\" xml); INSERT INTO \"X\" SELECT 1, "
             "('<a>' || replace(VALUE, '|', '&#124;') || '</a>')::xml;"),
    obstacle("largeObjects", "pg_largeobject", "the database has large objects, which are in no table and are not read",
             "remove them (lo_unlink), or move them to a separate database; Octopus Server makes none",
             "SELECT lo_from_bytea(0, 'x');"),
    on_server("StoreObstacle.loginPolicies",
              REWRITE.format("Configuration") + "row-level security may hide rows of it from "
              "this login (\"Hide it\")",
              "use a login that no policy applies to: a superuser, or ALTER ROLE ... BYPASSRLS for this one", 1,
              "login 'ALTER TABLE \"Configuration\" ENABLE ROW LEVEL SECURITY; "
              "CREATE POLICY \"Hide it\" ON \"Configuration\" USING (false)'; rotate"),
]
