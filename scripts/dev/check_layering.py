#!/usr/bin/env python3
"""Checks who may include whom: check_layering.py [ROOT] [--list].

    cli, viewer, python -> pipeline -> io, calibration -> host/data -> kernels/support
    pipeline -> kernels/<family>;   families -> kernels/support only;   simulation may be used by host/simulation

Stages never include stages. hdf5.h, fftw3.h, ImGui, SDL, OpenGL and CUDA headers have one place each. Exit code 1 when
broken.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
STAGE = re.compile(r"^\s*static constexpr StageInfo info\{", re.MULTILINE)
SOURCES = {".cpp", ".hpp", ".cu", ".cuh", ".h"}
SUPPORT = "kernels/support"

# A folder may include itself and these. A family is a folder of kernels/ other than support.
MAY_INCLUDE = {
    "kernels/support": set(),
    "host/data": {SUPPORT},
    "host/io": {"host/data", SUPPORT},
    "host/figures_of_merit": {"host/data", SUPPORT},
    "host/calibration": {"host/io", "host/data", SUPPORT},
    "host/simulation": {"host/io", "host/data", SUPPORT, "kernels/simulation"},
    "host/pipeline": {"host/io", "host/calibration", "host/data", "host/figures_of_merit", SUPPORT, "families"},
}
ABOVE = {"host/pipeline", "host/io", "host/calibration", "host/data", "host/simulation", "host/figures_of_merit", SUPPORT}
for top in ("host/cli", "host/python"):
    MAY_INCLUDE[top] = ABOVE | {"families"}
# The viewer's rooms, each above those before it; "viewer" itself is what stands in no room: the program and its shell.
ROOMS = ["viewer/session", "viewer/window", "viewer/widgets", "viewer/trace", "viewer/image", "viewer/volume",
         "viewer/desk", "viewer/actions", "viewer/panels", "viewer"]
for floor, room in enumerate(ROOMS):
    MAY_INCLUDE[room] = ABOVE | {"families"} | set(ROOMS[:floor])

# Headers of other projects that have one place: pattern of the header, pattern of the files that may include it.
ONE_PLACE = [
    (re.compile(r"^hdf5(_hl)?\.h$|^H5.*\.h$"), re.compile(r"^(host/io/h5(_[a-z0-9]+)*\.(cpp|hpp)|tests/.*)$"), "host/io/h5.*"),
    (re.compile(r"^fftw3\.h$"), re.compile(r"^(kernels/support/fft\.cpp|tests/.*)$"), "kernels/support/fft.cpp"),
    (re.compile(r"(^|/)imgui[^/]*\.h$|^implot\.h$"), re.compile(r"^(viewer/(?!session/)|tests/viewer/)"),
     "viewer/ but not viewer/session/"),
    (re.compile(r"^SDL|(^|/)imgui_impl_|^GL/|^EGL/"),
     re.compile(r"^viewer/window/(window|image_texture)(_[a-z]+)*\.(cpp|hpp)$|^tests/viewer/"),
     "viewer/window/window* and image_texture.*"),
    (re.compile(r"^(cuda|cufft|cub/|thrust/|curand|device_launch_parameters|cooperative_groups)"),
     re.compile(r"(\.cuh?$)|^kernels/support/[a-z_]*_cuda\.[a-z]+$|^tests/support/"), ".cu, .cuh and support/*_cuda.*"),
]


def folder_of(path):
    """The layer a file belongs to: kernels/<family>, host/<part>, viewer/<room>; None for others."""
    parts = path.split("/")
    if parts[0] in ("kernels", "host", "viewer") and len(parts) > 2:
        return "/".join(parts[:2])
    return "viewer" if parts[0] == "viewer" else None


def is_family(folder):
    return folder is not None and folder.startswith("kernels/") and folder != SUPPORT


def stages(root):
    """Headers in kernels/ that declare a stage, without their suffix."""
    headers = (root / "kernels").rglob("*.hpp")
    return {h.relative_to(root).as_posix()[:-4] for h in headers if STAGE.search(h.read_text(errors="replace"))}


def stage_of(path, known):
    """The stage a file is part of: the longest stage stem that its name begins with."""
    stem = path.rsplit(".", 1)[0]
    return max((s for s in known if stem == s or stem.startswith(s + "_")), key=len, default=None)


def problems_of(path, text, known):
    here, own_stage = folder_of(path), stage_of(path, known)
    for match in INCLUDE.finditer(text):
        header = match.group(2)
        line = text.count("\n", 0, match.start()) + 1
        for pattern, place, name in ONE_PLACE:
            if pattern.search(header) and not place.search(path):
                yield f"{path}:{line}: includes {header}, which only {name} may"
        if path.startswith(("kernels/", "host/", "viewer/")) and header.startswith("tests/") and \
                "FIRSTLIGHT_CUDA_ON_HOST" not in text:
            yield f"{path}:{line}: includes {header}: the program never includes its tests"
        there = folder_of(header)
        if here is None or there is None:
            continue
        if here == there:
            other = stage_of(header, known)
            if is_family(here) and own_stage and other and other != own_stage:
                yield f"{path}:{line}: stage {own_stage} includes stage {other}: stages never include stages"
            continue
        allowed = {SUPPORT} if is_family(here) else MAY_INCLUDE.get(here)
        if allowed is None:
            yield f"{path}:{line}: {here} has no place in the layering: add it to check_layering.py and the docs"
        elif there not in allowed and not (is_family(there) and "families" in allowed):
            why = "families never include families" if is_family(here) and is_family(there) else "the arrow points up"
            yield f"{path}:{line}: {here} includes {header}: {why}"


def check(root):
    known = stages(root)
    found = []
    for top in ("kernels", "host", "viewer", "tests"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in SOURCES and file.is_file():
                found += problems_of(file.relative_to(root).as_posix(), file.read_text(errors="replace"), known)
    return found


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    found = check(root)
    for problem in found:
        print(problem)
    print(f"layering: {len(found)} problem{'' if len(found) == 1 else 's'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
