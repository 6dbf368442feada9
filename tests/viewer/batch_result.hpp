// What the screen shows is what a batch makes.
#pragma once

#include <gtest/gtest.h>

#include <cstring>

#include "host/pipeline/job.hpp"
#include "viewer/session/document.hpp"

namespace firstlight::viewer {

// What the command line would make of the same recipe.
inline Result batch(const Document& document) {
    Job job;
    job.scan_path = document.scan_path;
    job.calibration_path = document.edits().calibration;
    job.recipe = document.recipe();
    return run_job(job, {});
}

inline void expect_same_layers(const GatedImages& a, const GatedImages& b) {
    ASSERT_EQ(a.layers.size(), b.layers.size());
    for (const ImageLayer& layer : a.layers) {
        const ImageLayer* other = b.layer(layer.name);
        ASSERT_NE(other, nullptr) << layer.name;
        ASSERT_EQ(layer.values.size(), other->values.size());
        EXPECT_EQ(std::memcmp(layer.values.data(), other->values.data(), layer.values.size() * sizeof(float)), 0)
            << layer.name;
    }
}

}  // namespace firstlight::viewer
