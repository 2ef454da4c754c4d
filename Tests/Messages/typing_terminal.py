"""Runs a command on a terminal of its own, and types answers at its prompts.

    typing_terminal.py [PROMPT ANSWER]... -- COMMAND...

PROMPT is a regular expression for what was shown last; ANSWER may have \\n and \\x03, and {} for what the expression has
in parentheses. What the terminal shows goes to stderr.
"""

import os
import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "Matrix"))

import terminal  # noqa: E402

end = sys.argv.index("--")
words = sys.argv[1:end]
shown = terminal.Terminal(sys.argv[end + 1:], dict(os.environ))
for prompt, answer in zip(words[::2], words[1::2]):
    start = len(shown.text)
    if shown.read_until(lambda: re.search(prompt, shown.text[start:])):
        # What has just been shown may be part of the answer.
        word = (re.search(prompt, shown.text[start:]).groups() or ("",))[0]
        shown.type(answer.replace("{}", word).encode().decode("unicode_escape"))
code = shown.end()
sys.stderr.write(shown.text)
sys.exit(code if code >= 0 else 128 - code)
