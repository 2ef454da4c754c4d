"""Makes a machine key file and a value of the Master Key under it that the server misreads: the machine id passes the
padding check, too. The key is the argument; the value is printed.
"""

import base64
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "samples"))

from sample_store.values import Cipherer  # noqa: E402

MACHINE_ID_VECTOR = b"743677397A244326"

with open("machine-id", "rb") as file:
    server = Cipherer(file.read(32))
while True:
    key, vector = os.urandom(32), os.urandom(16)
    value = Cipherer(key).seal(b'"' + sys.argv[1].encode() + b'"', vector)
    if server.opens(MACHINE_ID_VECTOR, value):
        break
with open("machinekey", "xb") as file:
    file.write(base64.b64encode(key) + b"." + base64.b64encode(vector) + b"\n")
print(base64.b64encode(value).decode())
