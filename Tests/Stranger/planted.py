"""The systematic part: every command meets every name as every kind of plant."""

import commands
import plants

LIMIT = 20


def combinations(every=False):
    """(scene, command, name, kind) of all planted runs.

    `every` combines the commands also with names that they have nothing to do with.
    """
    for scene, names in plants.NAMES.items():
        for command in commands.COMMANDS:
            if scene not in command.scenes:
                continue
            for name in names:
                if not every and not command.families & plants.families(name):
                    continue
                for kind in plants.kinds(name):
                    yield scene, command, name, kind


def title(scene, command, name, kind):
    return f"{command.title}, {scene}: {name} is a {kind}"


class Result:
    """What came of a run."""

    def __init__(self, title, faults, vanished=0, code=None, output="", arguments=()):
        self.title, self.faults, self.vanished = title, faults, vanished
        self.code, self.output, self.arguments = code, output, arguments


def run(world, scene, command, name, kind):
    """The result of a planted run; None where the plant cannot be made."""
    world.reset(scene)
    try:
        plants.plant(world, name, kind)
    except plants.NotPlantable:
        return None
    code, output = command.run(world, LIMIT)
    faults, vanished = world.changes()
    if found := commands.fault(code, output):
        faults.append(found)
    if code == 0 and command.check and not faults:
        try:
            if found := command.check(world):
                faults.append(f"it said that it was done, and {found}")
        except Exception as error:  # whatever a reader says of what is not what it should be
            faults.append(f"it said that it was done, and there is {error!r}")
    return Result(title(scene, command, name, kind), faults, vanished, code, output, command.arguments(world))
