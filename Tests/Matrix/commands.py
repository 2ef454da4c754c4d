"""The commands that change something, and which parts of a node each of them needs.

  config   replaces the config, and keeps its owner
  folder   makes or removes files in the folder of the config
  room     makes files there
  lock     takes the lock of the node
  idle     refuses while a rotation is unfinished
  key      puts the only copy of a key into the folder of the config
  values   concludes something from the sensitive values of the store
  quiet    refuses while a server is at work on the store
  read     reads the store
  write    opens and locks the store for writing
  file     changes the file of a database, with a journal beside it
  rows     changes rows
  replace  puts another store in the place of the present one
"""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Question:
    """The moment between examining and admitting."""
    # The prompt; None where a program that octokey starts is the moment: an editor, or systemctl.
    prompt: str | None
    # What is typed then, and at every further prompt.
    answer: str = "yes"


@dataclasses.dataclass(frozen=True)
class Command:
    name: str
    sample: str
    words: str
    needs: frozenset
    # {node}, {keys} and {backup} are folders of the cell.
    options: tuple = ()
    has_dry_run: bool = False
    question: Question | None = None

    @property
    def kind(self):
        return "directory" if re.match("directory|resume", self.sample) else "sqlite"

    @property
    def takes_in_place(self):
        return "config" in self.needs


def needs(words):
    return frozenset(words.split())


NODE = "config folder room lock idle "
ROTATION = NODE + "key values quiet read write rows "
ROTATE = "rotate-master-key"
SERVICE = ("--yes", "--stop-service", "--unit", "octopus.service")
KEY = "Octopus.Storage.MasterKey"
CONFIRMED = Question("backup of the database")
HOOK = Question(None)

COMMANDS = [
    Command("rotate", "sqlite", ROTATE, needs(ROTATION + "file"), ("--yes",), True),
    Command("rotate documents", "directory", ROTATE, needs(ROTATION), ("--yes",), True),
    Command("rotate at its prompt", "sqlite", ROTATE, needs(ROTATION + "file"), (), False, CONFIRMED),
    Command("rotate documents at its prompt", "directory", ROTATE, needs(ROTATION), (), False,
            CONFIRMED),
    Command("rotate while the service stops", "sqlite", ROTATE, needs(ROTATION + "file"), SERVICE,
            False, HOOK),
    Command("recover, rolling back", "back", "recover", needs("folder lock values read write file"), (),
            True),
    # Its dry run may not roll the database back, and says so.
    Command("recover with a hot journal", "hot", "recover",
            needs("folder lock values read write file")),
    Command("recover, finishing", "finish", "recover", needs("config folder room lock values read write file"),
            (), True),
    Command("recover documents", "resume", "recover",
            needs("config folder room lock values read write rows"), (), True),
    Command("set-master-key", "sqlite-secondary", "set-master-key", needs(NODE + "read"),
            ("--key-file", "{keys}/new.key")),
    Command("set-master-key, documents", "directory-secondary", "set-master-key",
            needs(NODE + "read"), ("--key-file", "{keys}/new.key")),
    Command("set-master-key at its prompt", "sqlite-secondary", "set-master-key",
            needs(NODE + "read"), (), False, Question("Master Key: $", "{key}")),
    Command("config set", "sqlite", "config set", needs(NODE),
            ("Octopus.Server.NodeName", "renamed")),
    Command("config set at its prompt", "sqlite", "config set", needs(NODE), (KEY,), False,
            Question("MasterKey: $", "{key}")),
    Command("config unset", "sqlite", "config unset", needs(NODE), ("Octopus.Server.NodeName",)),
    Command("config unset at its prompt", "sqlite", "config unset", needs(NODE), (KEY,), False,
            Question("Remove")),
    Command("config edit", "sqlite", "config edit", needs(NODE), ("--yes",), False, HOOK),
    Command("backup restore", "sqlite-restore", "backup restore",
            needs(NODE + "quiet write replace"),
            ("{backup}", "--overwrite", "--store", "sqlite:{node}/data/octopus.db")),
    Command("backup restore, documents", "directory-restore", "backup restore",
            needs(NODE + "quiet write replace"),
            ("{backup}", "--overwrite", "--store", "directory:{node}/documents")),
    Command("backup create", "sqlite", "backup create", needs("folder room lock idle read"),
            ("--no-passphrase", "--to", "{node}/kept")),
    Command("backup create, documents", "directory", "backup create",
            needs("folder room lock idle read"), ("--no-passphrase", "--to", "{node}/kept")),
    Command("new-master-key", "sqlite", "new-master-key", needs("folder room"), ("{node}/fresh.key",)),
]
