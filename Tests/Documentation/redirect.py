"""Starts octokey with the stage's files in place of those with a fixed path on a real machine: /etc/machine-id,
/etc/octopus/machinekey and the instances, for commands that read them and were not given others.

$OCTOKEY is the program, $STAGE the stage's folder.
"""

import os
import sys

from grammar import Grammar

octokey, stage, words = os.environ["OCTOKEY"], os.environ["STAGE"], sys.argv[1:]
grammar = Grammar(octokey)
files = {"--machine-id-file": "machine-id", "--machine-key-file": "machinekey", "--instances-dir": "instances"}
added = []
for option, name in files.items():
    if grammar.accepts(words, option) and option not in words:
        added += [option, f"{stage}/{name}"]
os.execv(octokey, [octokey, *words, *added])
