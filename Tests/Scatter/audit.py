"""A rotation of a store with scattered values, and what became of them."""

from node import Node, Trouble


def audited(octokey, folder, store, old, new):
    """Rotates a store; returns how many values it has, and the faults."""
    title = f"{store.title}, {old.bits} to {new.bits} bits"
    total = sum(len(cell.slots) for cell in store.cells.values())
    faults = []
    node = Node(octokey, folder, store.location, old, new)
    before = store.read()
    try:
        faults += verified(node, total, "before")
        faults += dry_run(node, store, total)
        status, report = node.rotate()
        if status:
            faults.append(f"the rotation ended with {status}")
        if report["values"] != {"reencrypted": total, "alreadyNew": 0, "unreadable": 0}:
            faults.append(f"of {total} values the report says {report['values']}")
        if len(report["quoted"]) != store.quotations:
            faults.append(f"{store.quotations} quotations, and the report names {len(report['quoted'])}")
        faults += compared(store, before, store.read(), old, new)
        faults += verified(node, total, "afterwards")
    except Trouble as trouble:
        faults.append(str(trouble))
        faults += named(node)
    return total, [f"{title}: {fault}" for fault in faults]


def verified(node, total, when):
    status, report = node.verify()
    found = (status, report["values"]["decrypted"], report["values"]["unreadable"])
    if found == (0, total, 0):
        return []
    return [f"verify {when}: exit {found[0]}, {found[1]} of {total} decrypted, {found[2]} unreadable"
            ] + findings(report)


def findings(report):
    """The first of each reason and collection."""
    seen = {}
    for finding in report["findings"]:
        seen.setdefault((finding["collection"], finding["field"], finding["reason"]), finding)
    return [f"named: {key} in {finding['document']}" for key, finding in list(seen.items())[:10]]


def named(node):
    """What verify names, where a rotation has refused."""
    try:
        return findings(node.verify()[1])
    except Trouble as trouble:
        return [str(trouble)]


def dry_run(node, store, total):
    """A dry run must say what the run does."""
    status, report = node.rotate("--dry-run")
    values = {"underOldKey": total, "underNewKey": 0, "unreadable": 0}
    found = (status, report["wouldRun"], report["values"], report["quotations"])
    return [] if found == (0, True, values, store.quotations) else [f"the dry run says {found}"]


def compared(store, before, after, old, new):
    """The faults of cells, the first of each kind of column and encoding, with the number of all."""
    first, counts, spellings = {}, {}, {}
    for place, cell in store.cells.items():
        if fault := cell.fault(before[place], after.get(place), old, new):
            key = (*cell.combination[:2], fault.split(":")[0])
            counts[key] = counts.get(key, 0) + 1
            spellings.setdefault(key, set()).add(cell.combination[2])
            first.setdefault(key, f"{', '.join(place)}: {fault}")
    faults = [
        f"{key[0]}, {key[1]}, {counts[key]} times in {len(spellings[key])} spellings; {text}"
        for key, text in first.items()]
    for place in before.keys() | after.keys():
        if place not in store.cells and before.get(place) != after.get(place):
            faults.append(f"{place} was {before.get(place)!r:.200} and is {after.get(place)!r:.200}")
    return faults
