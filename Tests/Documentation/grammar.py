"""What an example's text says: which programs it starts, and whether octokey has the options that it is given."""

import json
import re
import subprocess

from pages import REPOSITORY

KEYWORDS = {"do", "then", "else", "if", "while", "!"}


def blanked(text):
    """The text without comments, joined lines, and what is in single quotes."""
    text = text.replace("\\\n", " ")
    text = re.sub(r"'[^']*'", "''", text)
    return re.sub(r"(?m)(^|\s)#.*$", "", text)


def calls(text):
    """The simple commands of a shell text, each as a list of words."""
    found = []
    for part in re.split(r"[|;&()\n]+", blanked(text)):
        words = part.replace('"', " ").split()
        while words and (words[0] in KEYWORDS or re.match(r"\w+=", words[0])):
            words.pop(0)
        if words and re.match(r"[A-Za-z.][\w./-]*$", words[0]):
            found.append(words)
    return found


class Grammar:
    """octokey's own description of its commands."""

    def __init__(self, octokey):
        dump = subprocess.run([octokey, "--experimental-dump-help"], capture_output=True, check=True)
        self.root = json.loads(dump.stdout)["command"]

    @staticmethod
    def options(command):
        return {
            ("--" if name["kind"] == "long" else "-") + name["name"]
            for argument in command.get("arguments") or [] for name in argument.get("names") or []}

    def command(self, words):
        """The command that words after `octokey` lead to, and the words that are left."""
        command, words = self.root, list(words)
        while words:
            named = [c for c in command.get("subcommands") or [] if c["commandName"] == words[0]]
            if not named:
                break
            command = named[0]
            words.pop(0)
        return command, words

    def accepts(self, words, option):
        return option in self.options(self.command(words)[0])

    def faults(self, call, is_whole=True):
        """What is wrong with a call of octokey, wherever it is among the words; a mention need not be whole."""
        if "octokey" not in call:
            return
        command, words = self.command(call[call.index("octokey") + 1:])
        if command is self.root and not any(word.startswith("-") for word in words):
            yield f"octokey has no command {words[0] if words else ''}"
        elif is_whole and command.get("subcommands") and command is not self.root:
            yield f"octokey {command['commandName']} needs a subcommand"
        takes_value = {
            "--" + name["name"]: argument["kind"] == "option"
            for argument in command.get("arguments") or [] for name in argument.get("names") or []}
        for number, word in enumerate(words):
            option, _, value = word.partition("=")
            if not re.match(r"--?[A-Za-z]", word):
                continue
            if option not in self.options(command):
                yield f"octokey {command['commandName']} has no option {option}"
            elif is_whole and takes_value.get(option) and not value and number + 1 == len(words):
                yield f"{option} has no value"


def script_faults(call):
    """A script of this repository has to exist, and to know its options."""
    path = REPOSITORY / call[0]
    if not path.is_file() or not path.stat().st_mode & 0o100:
        yield f"{call[0]} is not a program of the repository"
        return
    for word in call[1:]:
        if word.startswith("--") and not re.search(re.escape(word) + r"(?![\w-])", path.read_text()):
            yield f"{call[0]} does not know {word}"


def unbalanced(text):
    """What is wrong with quotes and brackets of PowerShell or SQL, or nothing."""
    closes, opened, quote = {")": "(", "]": "[", "}": "{"}, [], None
    for character in text:
        if quote:
            quote = None if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in closes.values():
            opened.append(character)
        elif character in closes:
            if not opened or opened.pop() != closes[character]:
                return f"{character} closes nothing"
    return f"{(quote or opened[-1])} is not closed" if quote or opened else None
