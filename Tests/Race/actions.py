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
    # What a refusal with 1 says: whoever is refused must be told the reason.
    reason = ""


@dataclass(frozen=True)
class Rotate(Action):
    """A rotation, to the key of this name; octokey makes it where it is not given."""

    node: int
    key: str
    is_given: bool = False
    reason = "is not the key of"

    def words(self, cluster):
        key = ["--new-key-file", cluster.key_file(self.key)] if self.is_given else []
        return ["rotate-master-key", "--yes", *key]

    def apply(self, state):
        (contents, key), (text, own) = state.store, state.configs[self.node]
        # Where all values are under the new key already there is nothing to do but to switch the config.
        if key not in (own, self.key):
            return REFUSED, state
        state = replace(state, store=(contents, self.key))
        return 0, state.with_config(self.node, (text, self.key))


@dataclass(frozen=True)
class Set(Action):
    """A key into the config of a node."""

    node: int
    key: str
    reason = "is not the key of"

    def words(self, cluster):
        return ["set-master-key", "--key-file", cluster.key_file(self.key)]

    def apply(self, state):
        if self.key != state.store[1]:
            return REFUSED, state
        return 0, state.with_config(self.node, (state.configs[self.node][0], self.key))


@dataclass(frozen=True)
class Restore(Action):
    """The backup of this node, with its store, put in the place of what is there."""

    node: int
    # (contents, key) of the store in it, and the text of the config.
    store: tuple
    text: str
    overwrites: bool
    reason = "refusing to overwrite|refusing to restore"

    def words(self, cluster):
        return [
            "backup", "restore", str(cluster.folder.parent / f"backup-{self.node}"),
            "--store", cluster.store.location(cluster.nodes[self.node]), *["--overwrite"] * self.overwrites]

    @property
    def config(self):
        return self.text, self.store[1]

    def apply(self, state):
        if not self.overwrites and (state.store, state.configs[self.node]) != (self.store, self.config):
            return REFUSED, state
        restored = state.with_config(self.node, self.config)
        if state.store == self.store:
            return 0, restored
        return 0, replace(restored, store=self.store, formers=tuple(sorted((*state.formers, state.store))))


@dataclass(frozen=True)
class RestoreConfig(Restore):
    """A backup without the store: that is on a server, and looked at before the config is put back."""

    ignores_faults: bool

    def words(self, cluster):
        return super().words(cluster) + ["--ignore-faults"] * self.ignores_faults

    def apply(self, state):
        if state.store != self.store and not self.ignores_faults:
            return REFUSED, state
        if not self.overwrites and state.configs[self.node] != self.config:
            return REFUSED, state
        # 2: done, and it does not fit the store.
        return (0 if state.store == self.store else 2), state.with_config(self.node, self.config)


@dataclass(frozen=True)
class Edit(Action):
    """A setting, which makes the text of the config another one."""

    node: int
    text: str
    reason = "was changed by another process in the meantime"

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
        if isinstance(one, Restore) and status == 0:
            # It was done, and then it looked whether its key is that of the store, while the other was at work.
            right.append(((2, other_status) if one is first else (other_status, 2), after))
        # The other one was refused. Where neither gets anything done, one of them has to be busy: both may be told
        # that the key is wrong only where it is wrong for both.
        for refusal in (BUSY,) if status == REFUSED else (BUSY, REFUSED):
            right.append(((status, refusal) if one is first else (refusal, status), between))
    return right


@dataclass(frozen=True)
class Draw:
    """A pair of actions, and what there is before: the template of the store, texts and keys of the configs."""

    title: str
    actions: tuple
    template: str = "plain"
    texts: tuple = ("plain", "plain")
    keys: tuple = ("sample", "sample")


def where(node):
    """The first node is the one that rotates."""
    return ("same node", "other node")[node]


def two_rotations(random, _):
    if random.random() < 0.25:
        # Whoever comes second has only the config to switch.
        return Draw("the same key", (Rotate(0, "first", True), Rotate(1, "first", True)))
    given = [random.choice((False, True)) for _ in range(2)]
    return Draw("own keys", (Rotate(0, "first", given[0]), Rotate(1, "second", given[1])))


def rotation_and_key(random, _):
    title, key, own = random.choice((
        ("the new key", "first", "sample"), ("another key", "other", "sample"), ("the old key", "sample", "other")))
    # Where the config has another key than the store, it cannot be that of the rotation.
    node = random.choice((0, 1)) if own == "sample" else 1
    return Draw(
        f"{title}, {where(node)}", (Rotate(0, "first", True), Set(node, key)), keys=("sample", own))


def rotation_and_restoration(random, is_backed_up):
    rotate, node = Rotate(0, "first", random.choice((False, True))), random.choice((0, 1))
    store = ("plain", "sample")
    if not is_backed_up:
        ignores = random.choice((False, True))
        text, title = random.choice((("plain", "of the same config"), ("later", "of another config")))
        restore = RestoreConfig(node, store, "plain", overwrites=text == "later", ignores_faults=ignores)
        return Draw(
            f"{title}{', faults or not' * ignores}, {where(node)}", (rotate, restore), texts=(text, text))
    title, template, text, key = random.choice((
        ("of the same store", "plain", "plain", "sample"), ("of the same key", "later", "later", "sample"),
        ("of another key", "rotated", "later", "later")))
    restore = Restore(node, store, "plain", overwrites=template != "plain")
    return Draw(f"{title}, {where(node)}", (rotate, restore), template, (text, text), (key, key))


def rotation_and_edit(random, _):
    rotate, node = Rotate(0, "first", random.choice((False, True))), random.choice((0, 1))
    title, text = random.choice((("config set", "set"), ("config edit", "renamed")))
    return Draw(f"{title}, {where(node)}", (rotate, Edit(node, text)))


# What draws each pair, from a source of random numbers and whether the store is in a backup.
PAIRS = {
    "rotate-rotate": two_rotations, "rotate-set": rotation_and_key,
    "rotate-restore": rotation_and_restoration, "rotate-edit": rotation_and_edit,
}
