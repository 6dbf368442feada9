#include "kernels/first_arrival/expected_arrival.hpp"

#include <cmath>
#include <random>

#include "kernels/support/response.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class ExpectedArrivalTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, ExpectedArrivalTest, all_backends(), backend_name);

using Source = ExpectedArrival::Source;

// Gaussian light of this FWHM arriving at `arrival` bins plus the pixel's shift.
void set_pulse(HostTile& tile, double arrival, double fwhm, double photons, double background = 0) {
    const double scale = 2 * std::sqrt(std::log(2.0)) / fwhm;
    for (std::int64_t p = 0; p < tile.traces(); ++p) {
        const double at = arrival + static_cast<double>(tile.shift[static_cast<std::size_t>(p)]);
        for (std::int64_t i = 0; i < tile.scan.bins; ++i) {
            const double x = static_cast<double>(i) - at;
            tile.set(p, i, background + photons * 0.5 * (std::erf((x + 1) * scale) - std::erf(x * scale)));
        }
    }
}

// What the pipeline does first: the same stage on the reference scan.
double prepare_reference(HostTile& tile, const ExpectedArrival::Params& params, std::map<std::string, double>& shared,
                         bool sampled = true) {
    const auto queue = open_cpu_queue(1);
    Keeper keep(*queue);
    const SurveySample sample = sample_of(tile);
    StageContext context{tile.scan, keep};
    context.is_reference = true;
    context.sample = sampled ? &sample : nullptr;
    context.shared = &shared;
    context.warn = [&](const std::string& text) { tile.warnings.push_back(text); };
    return ExpectedArrival::prepare(params, context).arrival_bins;
}

TEST_P(ExpectedArrivalTest, calibration_plus_shift_and_offset) {
    for (const auto& [rows, columns] :
         {std::pair{0, 0}, std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{5, 7}}) {
        HostTile tile(rows, columns, 100);
        tile.scan.arrival_s = 512e-12;
        for (std::size_t p = 0; p < tile.shift.size(); ++p) tile.shift[p] = 0.25F * static_cast<float>(p % 9) - 1;
        ExpectedArrival::Params params;
        params.offset_ps = -2;
        run_trace_stage<ExpectedArrival>(queue(), tile, params);
        for (std::size_t p = 0; p < tile.shift.size(); ++p) {
            EXPECT_FLOAT_EQ(tile.arrival[p], 51.0F + tile.shift[p]);
            EXPECT_EQ(tile.arrival_sigma[p], 0);
            EXPECT_FLOAT_EQ(tile.layers[Layer::arrival][p], 510e-12F);
            EXPECT_EQ(tile.effect[p], 0);
        }
        EXPECT_NEAR(tile.found.at("arrival_ps"), 510, 1e-9);
        EXPECT_NEAR(tile.shared.at("arrival_bins"), 51, 1e-9);
    }
}

TEST_P(ExpectedArrivalTest, given_time_is_on_the_axis_of_the_data) {
    HostTile tile(2, 3, 100);
    tile.scan.first_bin_centre_s = 1000e-12;
    ExpectedArrival::Params params;
    params.source = Source::given;
    params.given_ps = 1100;
    run_trace_stage<ExpectedArrival>(queue(), tile, params);
    EXPECT_FLOAT_EQ(tile.arrival[5], 10.5F);
    EXPECT_FLOAT_EQ(tile.layers[Layer::arrival][5], 1100e-12F);
}

TEST(ExpectedArrival, reference_is_found_to_a_fraction_of_a_bin) {
    for (const double truth : {70.0, 70.21, 70.5, 70.83}) {
        HostTile reference(3, 4, 200, CountType::f4);
        for (std::size_t p = 0; p < 12; ++p) reference.shift[p] = 0.37F * static_cast<float>(p) - 2;
        set_pulse(reference, truth, 7, 5000, 3);
        std::map<std::string, double> shared;
        EXPECT_NEAR(prepare_reference(reference, {}, shared), truth, 0.05);  // no response: centroid of the peak
        reference.scan.irf = gaussian_response(70e-12);
        EXPECT_NEAR(prepare_reference(reference, {}, shared), truth, 0.02);
        EXPECT_NEAR(shared.at("reference.arrival_bins"), truth, 0.02);
    }
}

TEST(ExpectedArrival, medium_delays_by_its_excess_path) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(1, 2, 200);
    tile.shared["reference.arrival_bins"] = 70;
    tile.scan.medium.thickness_m = 0.01;
    tile.scan.medium.refractive_index = 1.33;
    const double delay = 0.33 * 0.01 / 299792458.0 / 10e-12;  // 1.1007 bins
    const auto arrival = [&](Source source) {
        ExpectedArrival::Params params;
        params.source = source;
        return run_trace_stage<ExpectedArrival>(*queue, tile, params).arrival_bins;
    };
    EXPECT_NEAR(arrival(Source::geometry), 70 + delay, 1e-9);
    EXPECT_NEAR(arrival(Source::reference), 70, 1e-9);
    EXPECT_NEAR(arrival(Source::automatic), 70 + delay, 1e-9);
    ASSERT_EQ(tile.warnings.size(), 1U);
    EXPECT_NE(tile.warnings[0].find("11.01 ps"), std::string::npos) << tile.warnings[0];
    tile.scan.arrival_s = 300e-12;
    EXPECT_NEAR(arrival(Source::automatic), 30, 1e-9);
    tile.scan.has_reference = true;
    std::map<std::string, double> shared;
    EXPECT_NEAR(prepare_reference(tile, {}, shared, false), 30 - delay, 1e-9);  // the reference, without a sample
}

TEST(ExpectedArrival, survey_only_where_a_reference_may_have_to_be_placed) {
    HostTile tile(1, 1, 8);
    ExpectedArrival::Params params;
    EXPECT_EQ(ExpectedArrival::survey(params, tile.scan), Survey::sample);
    tile.scan.arrival_s = 0;
    EXPECT_EQ(ExpectedArrival::survey(params, tile.scan), Survey::none);
    tile.scan.has_reference = true;
    EXPECT_EQ(ExpectedArrival::survey(params, tile.scan), Survey::sample);
}

TEST(ExpectedArrival, says_what_is_missing) {
    const auto queue = open_cpu_queue(1);
    const auto message = [&](Source source, double given_ps = 0) -> std::string {
        HostTile tile(1, 2, 64);
        tile.scan.medium.thickness_m = 0.01;
        if (source == Source::geometry) tile.shared["reference.arrival_bins"] = 5;
        ExpectedArrival::Params params;
        params.source = source;
        params.given_ps = given_ps;
        try {
            run_trace_stage<ExpectedArrival>(*queue, tile, params);
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::bad_input);
            return e.what();
        }
        return "";
    };
    EXPECT_NE(message(Source::automatic).find("matched_arrival"), std::string::npos) << message(Source::automatic);
    EXPECT_NE(message(Source::calibration).find("/entry/calibration/arrival"), std::string::npos);
    EXPECT_NE(message(Source::reference).find("/entry/reference"), std::string::npos);
    EXPECT_NE(message(Source::geometry).find("medium has no thickness or no n"), std::string::npos);
    EXPECT_NE(message(Source::given, 700).find("outside the scan"), std::string::npos);
}

}  // namespace
}  // namespace firstlight
