"""What the two nodes do, and what each of them makes of the state of a cluster if it is alone.

That is the measure of a race: what is there in the end must be what one of the two orders would have left, or what
one of the two alone leaves where the other was refused and has changed nothing.
"""

from dataclasses import dataclass, replace

# The exit codes of a refusal: 1 for what is wrong, 4 for what is busy.
REFUSED, BUSY = 1, 4


@dataclass(frozen=True)
class State:
    """Names of contents, texts and keys."""

    # (contents, key)
    store: tuple
    # (text, key) of each node's config.
    configs: tuple
    # (contents, key) of each former store that was kept.
    formers: tuple = ()

    def with_config(self, node, config):
        configs = list(self.configs)
        configs[node] = config
        return replace(self, configs=tuple(configs))


class Action:
    """Of a node; `words` are those of its command line, and `apply` gives its exit code and the state after it."""

    environment = {}


@dataclass(frozen=True)
class Rotate(Action):
    """A rotation, to the key of this name; octokey makes it where it is not given."""

    node: int
    key: str
    is_given: bool = False

    def words(self, cluster):
        key = ["--new-key-file", cluster.key_file(self.key)] if self.is_given else []
        return ["rotate-master-key", "--yes", *key]

    def apply(self, state):
        (contents, key), (text, own) = state.store, state.configs[self.node]
        if own != key:
            return REFUSED, state
        state = replace(state, store=(contents, self.key))
        return 0, state.with_config(self.node, (text, self.key))


@dataclass(frozen=True)
class Set(Action):
    """A key into the config of a node."""

    node: int
    key: str

    def words(self, cluster):
        return ["set-master-key", "--key-file", cluster.key_file(self.key)]

    def apply(self, state):
        if self.key != state.store[1]:
            return REFUSED, state
        return 0, state.with_config(self.node, (state.configs[self.node][0], self.key))


@dataclass(frozen=True)
class Restore(Action):
    """The backup of this node over what is there: (contents, key) of its store, and the text of its config."""

    node: int
    store: tuple
    text: str
    # Whether the store is in the backup, and not the config alone.
    has_store: bool
    overwrites: bool = True

    def words(self, cluster):
        return [
            "backup", "restore", str(cluster.folder.parent / f"backup-{self.node}"),
            "--store", cluster.store.location(cluster.folder), *["--overwrite"] * self.overwrites]

    def apply(self, state):
        config = (self.text, self.store[1])
        if not self.overwrites and (state.store, state.configs[self.node]) != (self.store, config):
            return REFUSED, state
        restored = state.with_config(self.node, config)
        if not self.has_store:
            # 2: done, and the key is not that of the store.
            return (0 if state.store[1] == self.store[1] else 2), restored
        if state.store == self.store:
            return 0, restored
        formers = tuple(sorted((*state.formers, state.store)))
        return 0, replace(restored, store=self.store, formers=formers)


@dataclass(frozen=True)
class Edit(Action):
    """A setting, which makes the text of the config another one."""

    node: int
    text: str

    def words(self, cluster):
        if self.text == "set":
            return ["config", "set", "Octopus.Server.TaskCap", "7"]
        return ["config", "edit", "--yes"]

    @property
    def environment(self):
        own = f"node-0{self.node + 1}"
        return {"EDITOR": f"sed -i s/{own}/renamed/", "VISUAL": ""}

    def apply(self, state):
        return 0, state.with_config(self.node, (self.text, state.configs[self.node][1]))


def outcomes(actions, state):
    """Everything that is right: (exit codes, state), with the exit codes in the order of the actions."""
    first, second = actions
    right = []
    for one, other in ((first, second), (second, first)):
        status, between = one.apply(state)
        other_status, after = other.apply(between)
        statuses = (status, other_status) if one is first else (other_status, status)
        right.append((statuses, after))
        # The other one was refused. Where neither gets anything done, one of them has to be busy: both may be told
        # that the key is wrong only where it is wrong for both.
        for refusal in (BUSY,) if status == REFUSED else (BUSY, REFUSED):
            right.append(((status, refusal) if one is first else (refusal, status), between))
    return right


def pair_of(name, random, has_store):
    """A draw of a pair: (title of the variant, the two actions, template of the store, texts and keys of the configs)."""
    size = random.choice((False, True))
    rotate = Rotate(0, "first", size)
    plain, keys = ["plain", "plain"], ["sample", "sample"]
    if name == "rotate-rotate":
        second = Rotate(1, "second", random.choice((False, True)))
        return "", (rotate, second), "plain", plain, keys
    if name == "rotate-set":
        rotate = Rotate(0, "first", True)
        title, node, key, own = random.choice((
            ("the new key, other node", 1, "first", "sample"), ("another key, other node", 1, "other", "sample"),
            ("the old key, other node", 1, "sample", "other"), ("another key, same node", 0, "other", "sample"),
            ("the new key, same node", 0, "first", "sample")))
        return title, (rotate, Set(node, key)), "plain", plain, ["sample", own]
    if name == "rotate-restore":
        title = random.choice(("of the same key", "of another key", "of the same store"))
        node = random.choice((0, 1))
        kept = title == "of the same store"
        restore = Restore(node, ("plain", "sample"), "plain", has_store, overwrites=not kept)
        template = {"of the same key": "later", "of another key": "rotated"}.get(title, "plain")
        texts = ["later", "later"] if not kept else plain
        keys = ["later", "later"] if template == "rotated" else keys
        return f"{title}, {('same', 'other')[node]} node", (rotate, restore), template, texts, keys
    title, text = random.choice((("config set", "set"), ("config edit", "renamed")))
    node = random.choice((0, 1))
    return f"{title}, {('same', 'other')[node]} node", (rotate, Edit(node, text)), "plain", plain, keys


PAIRS = ("rotate-rotate", "rotate-set", "rotate-restore", "rotate-edit")
