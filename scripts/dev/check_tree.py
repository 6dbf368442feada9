#!/usr/bin/env python3
"""Checks the tree: check_tree.py [ROOT]. Exit code 1 when a rule is broken; long files are only named.

- no file or folder is called utils, common, helpers, manager or misc
- every stage has .hpp, .cpp, .cu and a test of the same stem, and a place in docs/stages.md where that exists
- names of files are snake_case
- no absolute path of somebody's machine in a tracked text
- files past 400 lines are listed, as a warning
"""
import pathlib
import re
import subprocess
import sys

FORBIDDEN = {"util", "utils", "common", "helper", "helpers", "manager", "misc"}
CODE = {".cpp", ".hpp", ".cu", ".cuh", ".py"}
TEXT = CODE | {".md", ".txt", ".cmake", ".toml", ".json", ".in", ".sh", ".yml", ".cff", ""}
SNAKE = re.compile(r"^[a-z0-9]+(_[a-z0-9]+)*(_)?$")
# /home/NAME, /Users/NAME, /root, /work, /tmp/x, C:\Users: paths that exist on one machine only.
MACHINE_PATH = re.compile(r"(?<![\w.\])}/-])(/(home|Users)/[A-Za-z0-9_.-]+/|/root/|/work/|/mnt/[a-z]|/tmp/[a-z_]+/|[A-Z]:\\Users\\)")
LONG = 400
STAGE_LINE = re.compile(r"^firstlight_stage\((\w+) (\w+)\)", re.MULTILINE)
STAGE = re.compile(r"^\s*static constexpr StageInfo info\{", re.MULTILINE)


def tracked(root):
    """Files of the tree: git's, or all (but builds) where it is not a clone."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True)
    if listed.returncode == 0 and listed.stdout:
        names = [n for n in listed.stdout.decode().split("\0") if n]
    else:
        names = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()]
        names = [n for n in names if not n.startswith(("build/", ".git/", ".cuda/", ".venv/", "out/"))]
    return sorted(n for n in names if (root / n).is_file())


def names_of(files):
    for name in files:
        for part in pathlib.PurePosixPath(name).parts:
            words = re.split(r"[._-]", part.lower())
            if FORBIDDEN & set(words):
                yield f"{name}: the name says nothing ({', '.join(sorted(FORBIDDEN & set(words)))}); name what is in it"
                break
        path = pathlib.PurePosixPath(name)
        if path.suffix in CODE and not SNAKE.match(path.name.split(".")[0]) and path.name != "__init__.py":
            yield f"{name}: file names are snake_case"


def stages_of(root, files):
    makefile = root / "kernels/CMakeLists.txt"
    if not makefile.exists():
        return
    have = set(files)
    listed = root / "docs/stages.md"
    reference = listed.read_text() if listed.exists() else None
    for family, stem in STAGE_LINE.findall(makefile.read_text()):
        base = f"kernels/{family}/{stem}"
        header = f"{base}.hpp"
        if header in have and not STAGE.search((root / header).read_text()):
            continue  # what a family's stages share, such as colormaps
        for needed in (header, f"{base}.cpp", f"{base}.cu", f"tests/kernels/{family}/{stem}_test.cpp"):
            if needed not in have:
                yield f"{needed}: missing; the stage {stem} needs it"
        if reference is not None and not re.search(rf"\b{stem}\b", reference):
            yield f"docs/stages.md: does not know the stage {stem}; run firstlight recipe docs > docs/stages.md"


def machine_paths_of(root, files):
    for name in files:
        path = root / name
        if path.suffix not in TEXT or name in ("scripts/dev/check_tree.py", "tests/dev/planted_violations_test.py"):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if match := MACHINE_PATH.search(line):
                yield f"{name}:{number}: {match.group(0)} is a path of one machine"


def long_files_of(root, files):
    for name in files:
        if pathlib.PurePosixPath(name).suffix in CODE:
            lines = (root / name).read_bytes().count(b"\n")
            if lines > LONG:
                yield f"{name}: {lines} lines; past {LONG} something wants its own room"


def check(root):
    files = tracked(root)
    return [*names_of(files), *stages_of(root, files), *machine_paths_of(root, files)], [*long_files_of(root, files)]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    problems, warnings = check(root)
    for warning in warnings:
        print(f"warning: {warning}")
    for problem in problems:
        print(problem)
    print(f"tree: {len(problems)} problem{'' if len(problems) == 1 else 's'}, {len(warnings)} long file{'' if len(warnings) == 1 else 's'}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
