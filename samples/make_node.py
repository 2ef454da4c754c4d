#!/usr/bin/env python3
"""Makes the folder of a sample node: OctopusServer.config, machine-id, instances/ and octopus.db.

    make_node.py [options of make_store.py] FOLDER

The folder must be new or empty. The config is byte for byte as the server writes it on Linux; its Master Key is the store's, protected by the machine-id in the folder.
"""

import base64
import os
import shutil
import sys
from pathlib import Path
from xml.sax.saxutils import escape

import make_store
from sample_store.values import Cipherer

MACHINE_ID = Path(__file__).resolve().parent / "machine-id"
# The vendor's fixed IV for what a machine-id protects: these sixteen characters.
MACHINE_ID_IV = b"743677397A244326"


def protected(key, machine_id):
    """A Master Key as the config holds it: a JSON string of base64, encrypted, in base64."""
    text = b'"' + base64.b64encode(key) + b'"'
    return base64.b64encode(Cipherer(machine_id[:32]).seal(text, MACHINE_ID_IV)).decode()


def config(settings):
    """The file's bytes: BOM, LF, two spaces, sorted keys, no line end after the last tag."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<octopus-settings xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
    ]
    for name, value in sorted(settings.items()):
        tail = f">{escape(value)}</set>" if value else " />"
        lines.append(f'  <set key="{name}"{tail}')
    return b"\xef\xbb\xbf" + "\n".join(lines + ["</octopus-settings>"]).encode()


def write_new(path, content, mode):
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
        file.write(content)


def main():
    options = make_store.arguments(sys.argv[1:])
    folder = Path(options.out)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        sys.exit(f"make_node.py: '{folder}' is not a folder")
    if any(folder.iterdir()):
        sys.exit(f"make_node.py: refusing to write into '{folder}': it is not empty")
    machine_id = MACHINE_ID.read_bytes()
    settings = {
        "Octopus.Communications.ServicesPort": "10943",
        "Octopus.Home": str(folder.resolve()),
        "Octopus.Node.Cache": "",
        "Octopus.Server.NodeName": "node-01",
        "Octopus.Storage.ExternalDatabaseConnectionString": "sqlite:octopus.db",
        "Octopus.Storage.MasterKey": protected(make_store.master_key(options), machine_id),
        "Octopus.WebPortal.ListenPrefixes": "https://octopus.example.test,http://localhost:8080/",
    }
    write_new(folder / "OctopusServer.config", config(settings), 0o600)
    shutil.copyfile(MACHINE_ID, folder / "machine-id")
    (folder / "instances").mkdir(mode=0o700)
    make_store.main(sys.argv[1:-1] + [str(folder / "octopus.db")])


if __name__ == "__main__":
    main()
