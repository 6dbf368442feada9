// Traces of files of every kind are taken for what the job takes them for.
#include <gtest/gtest.h>

#include "host/pipeline/trace_detail.hpp"
#include "kernels/support/layers.hpp"
#include "tests/end_to_end/event_scan.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

TEST(TraceFiles, are_looked_at_as_the_job_does) {
    const ScratchFolder folder("trace_files");
    const SyntheticScan s(7, 11);
    write_scan(folder.path / "histogram.h5", s);
    write_event_scan(folder.path / "raster.h5", s, TagOrder::raster);
    write_event_scan(folder.path / "random.h5", s, TagOrder::random);
    for (const char* recipe : {"transmission", "transmission-fit"})
        for (const char* name : {"histogram.h5", "raster.h5", "random.h5"}) {
            Job job;
            job.scan_path = folder.path / name;
            job.recipe = load_recipe(recipe);
            job.backend = "cpu";
            const Result result = run_job(job, {});
            const std::shared_ptr<const TraceStages> stages = open_trace_stages(job, 0, nullptr);
            for (const std::int64_t pixel : {76, 0, 30, 31}) {
                const TraceDetail d = trace_detail(*stages, {pixel});
                ASSERT_EQ(d.pixels, 1);
                double counts = 0;
                for (const double y : d.counts) counts += y;
                EXPECT_EQ(counts, d.layers.at("counts"));
                EXPECT_GT(counts, 0);
                for (const auto& [layer, value] : d.layers) {  // those that no image stage rewrites
                    const auto wanted =
                        static_cast<double>(result.images.layer(layer)->values[static_cast<std::size_t>(pixel)]);
                    EXPECT_TRUE(value == wanted || (value != value && wanted != wanted))
                        << recipe << " " << name << " " << layer << " of " << pixel << ": " << value << " " << wanted;
                }
            }
        }
}

}  // namespace
}  // namespace firstlight
