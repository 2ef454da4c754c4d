"""Puts values under a key into the database of the node, without octokey.

    values.py KEY blob [COUNT]     into the column Data of the table Vault, as bytes
    values.py KEY SQL [garbage]    runs SQL with a value, as a text, for each '?'; or a value of bytes
"""

import base64
import os
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "samples"))

from sample_store.values import Cipherer, pipe  # noqa: E402

key, what, *more = sys.argv[1:]
cipher = Cipherer(base64.b64decode(key))
with sqlite3.connect("data/octopus.db") as database:
    if what == "blob":
        for number in range(int(more[0]) if more else 1):
            vector = os.urandom(16)
            database.execute("INSERT INTO Vault (Data) VALUES (?)", (vector + cipher.seal(b"secret", vector),))
    else:
        vector = os.urandom(16)
        value = pipe(vector, cipher.seal(b"\xff\xfe\xfd" if "garbage" in more else b"secret", vector))
        # No parameters: a definition has none.
        database.execute(what.replace("'?'", "?").replace("?", f"'{value}'"))
