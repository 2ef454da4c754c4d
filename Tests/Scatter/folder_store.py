"""Values scattered over a folder of documents: at any depth, in hidden folders, in every encoding."""

import cells
from cells import BYTES

KIND = "directory"
# Where a document may be, below the store.
FOLDERS = {
    "depth 0": "", "depth 1": "VariableSets/", "depth 2": "Spaces-1/Projects ä/", "depth 3": "a/b/c/",
    "a hidden folder": ".hidden/", "a hidden folder below": "VariableSets/.deep/Inner/"}
ENDINGS = {"": ".json", "ending .JSON": ".JSON", "ending .Json": ".Json"}


class FolderScatter:
    """A folder, the documents of which are its files."""

    def __init__(self, path, maker, rounds, random):
        self.path, self.maker, self.rounds, self.random = path, maker, rounds, random
        self.location = f"directory:{path}"
        self.title = "folder"
        self.cells = {}

    def scatter(self):
        number = 0
        for depth, folder in FOLDERS.items():
            for ending, suffix in ENDINGS.items():
                # One document with a single spelling for each, and some with several.
                spellings = cells.spellings_for(True, "") if not ending else ["mixed", "plain"]
                for encoding in BYTES:
                    few = encoding != "utf-8" or depth not in ("depth 0", "depth 1")
                    for spelling in ("mixed", "several", "plain") if few and not ending else spellings:
                        for _ in range(self.rounds):
                            number += 1
                            self.add(self.maker.text(
                                (f"{folder}Things-{number}{suffix}",),
                                " ".join(filter(None, (depth, ending))), encoding, spelling))
        frame = '{"ChangeDetails":{"Differences":[{"path":"/Variables/0","value":"%s"}]}}'
        for row in range(6):
            self.add(self.maker.bytes_in_text((f"Events/Events-{row}.json",), "depth 1", frame))
        for number in range(3):
            self.add(self.maker.quotation((f"notes-{number}.txt",), "no document"))
            cell = self.maker.quotation((f"Decoys/Quoting-{number}.json",), "depth 1")
            cell.content = '{"Text":"' + cell.content + '"}'
            self.add(cell)
        self.write()

    def add(self, cell):
        self.cells[cell.place] = cell

    @property
    def quotations(self):
        return sum(
            cell.combination[2] == "a quotation" and place[0].endswith(".json")
            for place, cell in self.cells.items())

    def write(self):
        for (name,), cell in self.cells.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = cell.content if isinstance(cell.content, bytes) else cell.content.encode()
            path.write_bytes(content)
            path.chmod(self.random.choice((0o600, 0o640, 0o644)))

    def read(self):
        found = {}
        for path in self.path.rglob("*"):
            if path.is_file() and path.name != "octokey.lock":
                name = (str(path.relative_to(self.path)),)
                found[name] = (oct(path.stat().st_mode), path.read_bytes())
        return found
