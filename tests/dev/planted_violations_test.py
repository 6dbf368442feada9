#!/usr/bin/env python3
"""Plants one violation of each rule in a small tree and expects scripts/dev's checks to name it, and nothing else."""
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
sys.path.insert(0, str(ROOT / "scripts/dev"))
import check_layering  # noqa: E402
import check_tree  # noqa: E402

STAGE = "struct S {\n    static constexpr StageInfo info{\"s\", \"f\", \"\"};\n};\n"
GOOD = {
    "kernels/CMakeLists.txt": "firstlight_stage(gating time_gate)\nfirstlight_stage(gating adaptive_gate)\n",
    "kernels/support/views.hpp": "#include <cstdint>\n",
    "kernels/gating/time_gate.hpp": '#include "kernels/support/views.hpp"\n' + STAGE,
    "kernels/gating/time_gate_trace.hpp": '#include "kernels/gating/time_gate.hpp"\n',
    "kernels/gating/time_gate.cpp": '#include "kernels/gating/time_gate_trace.hpp"\n',
    "kernels/gating/time_gate.cu": "#include <cuda_runtime.h>\n",
    "tests/kernels/gating/time_gate_test.cpp": '#include "kernels/gating/time_gate.hpp"\n',
    "kernels/gating/adaptive_gate.hpp": STAGE,
    "kernels/gating/adaptive_gate.cpp": "", "kernels/gating/adaptive_gate.cu": "",
    "tests/kernels/gating/adaptive_gate_test.cpp": "",
    "kernels/rendering/tone_map.hpp": "",
    "host/data/axis.hpp": '#include "kernels/support/views.hpp"\n',
    "host/io/h5.cpp": "#include <hdf5.h>\n",
    "host/pipeline/stage_list.hpp": '#include "kernels/gating/time_gate.hpp"\n#include "host/io/h5.hpp"\n',
    "host/cli/main.cpp": '#include "host/pipeline/stage_list.hpp"\n',
    "viewer/window/window_input.cpp": "#include <SDL.h>\n#include <backends/imgui_impl_sdl.h>\n#include <imgui.h>\n",
    "viewer/window/image_texture.cpp": "#include <GL/gl.h>\n",
    "viewer/panels/trace.cpp": "#include <imgui.h>\n",
    "tests/viewer/window_test.cpp": "#include <SDL.h>\n",
    "docs/stages.md": "time_gate, adaptive_gate",
}


class PlantedViolations(unittest.TestCase):
    def problems(self, planted=None, without=()):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**GOOD, **(planted or {})}.items():
                if name in without:
                    continue
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            problems, self.warnings = check_tree.check(root)
            return check_layering.check(root) + problems

    def expect(self, text, planted=None, without=()):
        found = self.problems(planted, without)
        self.assertEqual(len(found), 1, found)
        self.assertIn(text, found[0])

    def test_good_tree_passes(self):
        self.assertEqual(self.problems(), [])
        self.assertEqual(self.warnings, [])

    def test_layering(self):
        for name, line, expected in [
            ("kernels/gating/adaptive_gate.cpp", '#include "kernels/gating/time_gate.hpp"', "stages never include stages"),
            ("kernels/gating/adaptive_gate.cpp", '#include "kernels/rendering/tone_map.hpp"', "families never include families"),
            ("kernels/support/views.hpp", '#include "kernels/gating/time_gate.hpp"', "the arrow points up"),
            ("kernels/gating/adaptive_gate.cpp", '#include "host/data/axis.hpp"', "the arrow points up"),
            ("host/data/axis.hpp", '#include "host/io/h5.hpp"', "the arrow points up"),
            ("host/io/result_file.cpp", '#include "host/pipeline/stage_list.hpp"', "the arrow points up"),
            ("host/io/result_file.cpp", '#include "kernels/gating/time_gate.hpp"', "the arrow points up"),
            ("host/pipeline/plan.cpp", '#include "host/cli/command.hpp"', "the arrow points up"),
            ("viewer/session/worker.hpp", '#include "viewer/panels/panels.hpp"', "the arrow points up"),
            ("viewer/window/keys.hpp", '#include "viewer/shell.hpp"', "the arrow points up"),
            ("viewer/attic/new.cpp", '#include "viewer/session/worker.hpp"', "has no place in the layering"),
            ("host/cli/command.hpp", '#include "viewer/session/worker.hpp"', "the arrow points up"),
            ("host/oddments/new.cpp", '#include "host/data/axis.hpp"', "has no place in the layering"),
            ("host/data/axis.cpp", '#include "tests/support/stage_test.hpp"', "never includes its tests"),
        ]:
            with self.subTest(line=line, file=name):
                self.expect(expected, {name: line + "\n"})

    def test_headers_with_one_place(self):
        for name, header in [("host/pipeline/plan.cpp", "hdf5.h"), ("kernels/gating/adaptive_gate.cpp", "fftw3.h"),
                             ("host/cli/main.cpp", "imgui.h"), ("viewer/session/worker.hpp", "imgui.h"),
                             ("viewer/panels/trace.cpp", "SDL.h"),
                             ("viewer/panels/trace.cpp", "GL/gl.h"),
                             ("viewer/panels/trace.cpp", "backends/imgui_impl_opengl3.h"),
                             ("kernels/gating/time_gate.hpp", "cuda_runtime.h")]:
            with self.subTest(header=header):
                self.expect(f"includes {header}", {name: GOOD.get(name, "") + f"#  include <{header}>\n"})

    def test_stage_is_whole(self):
        for name in ("kernels/gating/adaptive_gate.cu", "tests/kernels/gating/adaptive_gate_test.cpp"):
            with self.subTest(missing=name):
                self.expect(f"{name}: missing", without=(name,))
        self.expect("does not know the stage adaptive_gate", {"docs/stages.md": "time_gate"})

    def test_names_and_paths(self):
        self.expect("the name says nothing", {"host/io/file_utils.hpp": ""})
        self.expect("the name says nothing", {"host/common/axis.md": ""})
        self.expect("snake_case", {"host/io/PngWriter.cpp": ""})
        self.expect("README.md:2: /home/somebody/", {"README.md": "first\ncd /home/somebody/firstlight\n"})

    def test_long_files_are_warnings(self):
        self.assertEqual(self.problems({"host/io/png.cpp": "\n" * 401}), [])
        self.assertEqual(len(self.warnings), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
