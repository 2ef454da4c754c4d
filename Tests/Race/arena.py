"""One kind of store and its rounds: they are drawn, run, and judged by what is there in the end."""

import base64
import collections
import json
import random
import re
import shutil

from actions import BUSY, PAIRS, REFUSED, Rotate, Set, State, outcomes
from cluster import MACHINE_IDS, Cluster, key_in
from duel import Duel, Entrant, Pause
from judge import Judge
from stores import KINDS

# The stores that there are before a round: (contents, key). And how many documents the contents are.
TEMPLATES = {"plain": ("plain", "sample"), "later": ("later", "sample"), "rotated": ("later", "later")}
DOCUMENTS = {"plain": 60, "later": 67}
# Shares of the rounds in which both go on together from their locks, in which one is stopped for a while, and in which
# one has a lower priority.
TOGETHER, PAUSED, SLOWED = 0.15, 0.5, 0.25


class Arena:
    """What all rounds on one kind of store share."""

    def __init__(self, options, kind, folder):
        self.octokey, self.seed, self.folder = str(options.octokey.resolve()), options.seed, folder
        self.store = KINDS[kind](folder)
        self.judge = Judge()
        self.keys = self.judge.keys
        source = random.Random(f"{self.seed} keys")
        for name in ("sample", "later", "other"):
            self.keys[name] = source.randbytes(16)
        for template, (contents, key) in TEMPLATES.items():
            key = base64.b64encode(self.keys[key]).decode()
            self.store.add(template, DOCUMENTS[contents], ["--key", key])
        for template in ("plain", "later"):
            cluster = self.cluster("known")
            cluster.make(template, source, ["plain", "plain"], ["sample", "sample"])
            self.judge.learn(template, self.store.read(cluster.folder)[0], "sample")
            if template == "plain":
                for number in (0, 1):
                    self.must(cluster, number, "backup", "create", "--no-passphrase",
                              "--to", str(folder / f"backup-{number}"))
            shutil.rmtree(cluster.folder)
        # Seconds that each action takes by itself, by its title.
        self.lengths = {}

    def cluster(self, name):
        (self.folder / name).mkdir()
        return Cluster(self.octokey, self.folder / name, self.store, dict(self.keys))

    def must(self, cluster, number, *words):
        done = cluster.run(number, *words)
        assert done.returncode == 0, f"{words}: {done.stderr}"


class Round:
    """One race, drawn by the seed, the pair, the store and the number."""

    def __init__(self, arena, pair, number):
        self.arena, self.number = arena, number
        self.random = random.Random(f"{arena.seed} {pair} {arena.store.name} {number}")
        drawn = PAIRS[pair](self.random, arena.store.is_backed_up)
        self.variant, self.actions = drawn.title, drawn.actions
        self.cluster = arena.cluster(f"{pair}-{arena.store.name}-{number}")
        for name in ("first", "second"):
            self.cluster.keys[name] = self.random.randbytes(self.random.choice((16, 32)))
        self.cluster.make(drawn.template, self.random, drawn.texts, drawn.keys)
        self.state = State(TEMPLATES[drawn.template], tuple(zip(drawn.texts, drawn.keys)))
        self.faults = []

    def run(self):
        source = self.random
        # Others do not take as long as a rotation, and meet it if they come later.
        late = source.choices((0, 1), (1, 3))[0]
        entrants = [
            Entrant(self.cluster.command(action.node, *action.words(self.cluster)),
                    environment=action.environment)
            for action in self.actions]
        together = source.random() < TOGETHER
        # At once, or one of them later by up to what the other one takes.
        delay = max(0, source.uniform(-0.5, 1)) * self.length(1 - late)
        if not together:
            entrants[late].delay = delay
        if source.random() < PAUSED and not together:
            stopped = source.randrange(2)
            # Some are longer than what SQLite waits for a lock.
            longest = source.choices((1, 4, 3 / self.length(1 - stopped)), (60, 35, 5))[0]
            entrants[stopped].pause = Pause(
                source.random() * longest * self.length(1 - stopped),
                at=source.random() * self.length(stopped), change=source.choice((0, source.randint(1, 16))))
        if source.random() < SLOWED:
            entrants[source.randrange(2)].niceness = source.choice((5, 10, 19))
        self.duel = Duel(
            entrants, [self.cluster.nodes[action.node] for action in self.actions],
            self.cluster.shared, self.cluster.folder, together)
        self.endings = self.duel.run()
        self.statuses = tuple(ending.status for ending in self.endings)
        self.note_lengths(entrants)
        if None in self.statuses:
            self.faults.append("stuck")
            return
        self.look()
        if not self.faults:
            self.bring_in()

    def length(self, number):
        return self.arena.lengths.get(self.title(number), 0.3)

    def title(self, number):
        return f"{type(self.actions[number]).__name__} {self.variant}"

    def note_lengths(self, entrants):
        for number, entrant in enumerate(entrants):
            if not entrant.pause and not entrant.niceness and self.statuses[number] == 0:
                title = self.title(number)
                self.arena.lengths[title] = (
                    self.arena.lengths.get(title, self.endings[number].seconds) * 0.8
                    + self.endings[number].seconds * 0.2)

    def look(self):
        """Is what is there what should be there?"""
        cluster, fault = self.cluster, self.faults.append
        for action, status in zip(self.actions, self.statuses):
            if isinstance(action, Rotate):
                self.look_at_key_files(action, status)
        self.arena.judge.keys = cluster.keys
        try:
            cells, formers, strays = self.arena.store.read(cluster.folder)
            self.found = State(
                self.arena.judge.identify(cells), tuple(cluster.config(number) for number in (0, 1)),
                tuple(sorted(map(self.arena.judge.identify, formers))))
        except Exception as error:  # a store that cannot be read is a fault like any other
            return fault(f"what is there cannot be read: {error!r}")
        self.faults += strays
        for number in (0, 1):
            self.faults += [f"{name!r} was left beside config {number + 1}" for name in cluster.strays(number)]
        right = outcomes(self.actions, self.state)
        if (self.statuses, self.found) not in right:
            fault(f"exit codes {self.statuses} and {self.found} are neither order's")
        for action, ending in zip(self.actions, self.endings):
            self.look_for_traces(action, ending)

    def look_at_key_files(self, action, status):
        """The key of a rotation is in a key file; that of one that was refused is not."""
        made = self.cluster.keys_made(action.node)
        if not action.is_given and len(made) == 1:
            self.cluster.keys[action.key] = made[0]
        if made != ([self.cluster.keys[action.key]] if status == 0 else []):
            self.faults.append(f"exit code {status}, and {len(made)} key files beside config {action.node + 1}")

    def look_for_traces(self, action, ending):
        """Who was refused was told why and has changed nothing; who changed a config has kept the former one."""
        node, status = action.node, ending.status
        if status == REFUSED and not re.search(action.reason, ending.errors):
            self.faults.append(f"refused for another reason: {ending.errors.strip()}")
        if status in (REFUSED, BUSY):
            if len({action.node for action in self.actions}) == 2:
                # What was edited and could not take its place is kept.
                changes = [name for name in self.cluster.changes(node) if not name.endswith(".edited")]
                if changes:
                    self.faults.append(f"exit code {status}, but {changes} changed")
            return
        former = self.state.configs[node][1]
        if self.found.configs[node][1] == former:
            return
        copies = self.cluster.nodes[node].glob("OctopusServer.config.*.bak")
        if not any(key_in(copy.read_bytes(), MACHINE_IDS[node]) == self.cluster.keys[former] for copy in copies):
            self.faults.append(f"no copy of config {node + 1} has the former key")

    def bring_in(self):
        """Afterwards a node with another key can be given that of the store, and octokey finds nothing wrong."""
        name = self.found.store[1]
        for number in (0, 1):
            if self.found.configs[number][1] == name:
                continue
            done = self.cluster.run(number, *Set(number, name).words(self.cluster))
            if done.returncode or self.cluster.config(number) != (self.found.configs[number][0], name):
                self.faults.append(f"node {number + 1} cannot be given the key: {done.stderr}")
        number = self.random.randrange(2)
        done = self.cluster.run(number, "verify", "--quiet")
        if done.returncode:
            self.faults.append(f"verify on node {number + 1}: {done.returncode}, {done.stderr}")

    @property
    def messages(self):
        """What was said, without names and numbers."""
        for number, ending in enumerate(self.endings):
            for line in ending.errors.splitlines():
                if ending.status and line.startswith("octokey: ") and "hint:" not in line and "warning:" not in line:
                    line = re.sub(r'"[^"]*"', '"…"', line)
                    line = re.sub(r"SHA256:\S+|\d+", "…", line)
                    yield f"{type(self.actions[number]).__name__} {ending.status}: {line[9:]}"

    def save(self, folder):
        """Keeps the round, and how it came about."""
        self.arena.store.save(self.cluster.folder)
        report = {
            "variant": self.variant, "actions": [repr(action) for action in self.actions],
            "commands": [entrant.words for entrant in self.duel.entrants],
            "pauses": [repr(entrant.pause) for entrant in self.duel.entrants],
            "statuses": self.statuses, "errors": [ending.errors for ending in self.endings],
            "timeline": self.duel.timeline, "before": repr(self.state),
            "found": repr(getattr(self, "found", None)), "faults": self.faults,
            "keys": {name: base64.b64encode(key).decode() for name, key in self.cluster.keys.items()}}
        (self.cluster.folder / "round.json").write_text(json.dumps(report, indent=1))
        if folder:
            place = folder / self.cluster.folder.name
            shutil.rmtree(place, ignore_errors=True)
            return shutil.copytree(self.cluster.folder, place, symlinks=True)
        return self.cluster.folder


class Tally:
    """The rounds of a pair on a store; `faults` are the rounds that have one."""

    def __init__(self, pair, store):
        self.pair, self.store = pair, store
        self.rounds = self.met = self.faults = 0
        self.winners, self.statuses = collections.Counter(), collections.Counter()
        self.messages = collections.Counter()

    def add(self, round):
        self.rounds += 1
        self.met += round.duel.met
        self.faults += bool(round.faults)
        won = [status in (0, 2) for status in round.statuses]
        self.winners[{(1, 0): "first", (0, 1): "second", (1, 1): "both", (0, 0): "neither"}[tuple(map(int, won))]] += 1
        self.statuses["/".join(map(str, round.statuses))] += 1
        self.messages.update(f"{round.variant}: {message}" for message in round.messages)

    def line(self, seconds):
        winners = ", ".join(f"{name} {self.winners[name]}" for name in ("first", "second", "both", "neither"))
        statuses = ", ".join(f"{codes} {count}" for codes, count in self.statuses.most_common())
        return (f"{self.pair} {self.store}: {self.rounds} rounds, {self.met} met; won: {winners}; "
                f"exit codes: {statuses}; {self.faults} faults ({seconds:.0f} s)")
