#include "host/io/result_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/io/acquisition_layout.hpp"
#include "host/io/acquisition_reader.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/h5.hpp"
#include "host/io/metadata_reader.hpp"
#include "host/io/probe.hpp"
#include "host/io/volume_group.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/layers.hpp"

namespace firstlight {
namespace {

using Shape = std::vector<std::int64_t>;
const std::string image_group = "/entry/image/", process_group = "/entry/process/";

std::string unit_of_quality(const std::string& name) {
    const auto ends = [&](const std::string& end) {
        return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
    };
    if (name.rfind("counts", 0) == 0) return "counts";
    return ends("_ps") ? "ps" : ends("_ns") ? "ns" : ends("_s") ? "s" : "1";
}

void write_image(h5::WriteFile& file, const GatedImages& images) {
    file.group("/entry/image", "NXdata");
    file.attribute("/entry/image", "signal", images.signal);
    std::vector<std::string> axes{"y", "x"}, others;
    if (images.has_views_axis) axes.insert(axes.begin(), "view");
    for (const ImageLayer& layer : images.layers)
        if (layer.name != images.signal) others.push_back(layer.name);
    if (!images.mask.empty()) others.emplace_back("mask");
    if (!others.empty()) file.attribute("/entry/image", "auxiliary_signals", others);
    file.attribute("/entry/image", "axes", axes);
    Axis y = images.y, x = images.x, view = images.view;
    y.name = "y";
    x.name = "x";
    view.name = "view";
    write_axis(file, image_group, y);
    write_axis(file, image_group, x);
    if (images.has_views_axis) write_axis(file, image_group, view);
    Shape shape{images.rows, images.columns};
    if (images.has_views_axis) shape.insert(shape.begin(), images.views);
    Shape chunk = shape;
    if (images.has_views_axis) chunk[0] = 1;
    const auto decorate = [&](const std::string& path) {
        attach_axes(file, path, image_group, axes);
        file.attribute(path, "element_size_um", std::vector<double>{1.0, element_um(y), element_um(x)});
        file.attribute(path, "CLASS", std::string("IMAGE"));
        file.attribute(path, "IMAGE_VERSION", std::string("1.2"));
    };
    for (const ImageLayer& layer : images.layers) {
        file.dataset(image_group + layer.name, "f4", shape, layer.values.data(),
                     {chunk, true, layer.unit.empty() ? "1" : layer.unit,
                      layer.long_name.empty() ? layer.name : layer.long_name});
        decorate(image_group + layer.name);
    }
    if (images.mask.empty()) return;
    file.dataset(image_group + "mask", "u1", shape, images.mask.data(),
                 {chunk, true, "1", "why a pixel is not to be trusted"});
    file.attribute(image_group + "mask", "flag_masks", std::vector<std::uint8_t>(mask_flags.begin(), mask_flags.end()));
    file.attribute(image_group + "mask", "flag_meanings", mask_flag_meanings());
    decorate(image_group + "mask");
}

void write_process(h5::WriteFile& file, const Process& process) {
    file.group("/entry/process", "NXprocess");
    for (const auto& fact : process.facts) {
        if (fact.first.empty() || fact.first.find_first_of("/.") != std::string::npos)
            throw Error(ExitCode::internal, "a fact of the process cannot be called \"" + fact.first + "\"");
        file.text(process_group + fact.first, fact.second);
    }
    file.text(process_group + "recipe", process.recipe);
    if (!process.warnings.empty()) file.texts(process_group + "warnings", process.warnings);
    const auto column = [&](const std::string& path, const std::vector<double>& values, const char* units) {
        file.dataset(path, "f8", {static_cast<std::int64_t>(values.size())}, values.data(), {{}, false, units, ""});
    };
    if (!process.stages.empty()) {
        std::vector<std::string> names, survey_names, survey_stages;
        std::vector<double> seconds, in, out, survey_values;
        for (const StageRecord& stage : process.stages) {
            names.push_back(stage.name);
            seconds.push_back(stage.seconds);
            in.push_back(stage.counts_in);
            out.push_back(stage.counts_out);
            for (const auto& outcome : stage.survey) {
                survey_stages.push_back(stage.name);
                survey_names.push_back(outcome.first);
                survey_values.push_back(outcome.second);
            }
        }
        file.group("/entry/process/stages", "NXcollection");
        file.texts(process_group + "stages/name", names);
        column(process_group + "stages/seconds", seconds, "s");
        column(process_group + "stages/counts_in", in, "counts");
        column(process_group + "stages/counts_out", out, "counts");
        if (!survey_names.empty()) {
            file.group("/entry/process/survey", "NXcollection");
            file.texts(process_group + "survey/stage", survey_stages);
            file.texts(process_group + "survey/name", survey_names);
            column(process_group + "survey/value", survey_values, "1");
        }
    }
    if (process.inputs.empty()) return;
    std::vector<std::string> paths, hashes, uuids;
    for (const InputRecord& input : process.inputs) {
        paths.push_back(input.path);
        hashes.push_back(input.sha256);
        uuids.push_back(input.uuid);
    }
    file.group("/entry/process/inputs", "NXcollection");
    file.texts(process_group + "inputs/path", paths);
    file.texts(process_group + "inputs/sha256", hashes);
    file.texts(process_group + "inputs/uuid", uuids);
}

std::vector<float> to_floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

GatedImages read_image(MetadataReader& reader) {
    GatedImages images;
    images.signal = reader.file().text("/entry/image", "signal").value_or("ballistic");
    std::vector<std::string> names{images.signal};
    for (const std::string& name : reader.file().texts("/entry/image", "auxiliary_signals")) names.push_back(name);
    for (const std::string& name : names)
        if (name.empty() || name.find_first_of("/.") != std::string::npos)
            throw Error(ExitCode::bad_input, reader.file().name() + ": /entry/image names a layer \"" + name + "\"");
    const Shape shape = reader.file().shape(image_group + images.signal);
    if (shape.size() != 2 && shape.size() != 3)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: {}{} has {} axes", reader.file().name(), image_group, images.signal, shape.size()),
                    "expected [y, x] or [view, y, x]");
    images.has_views_axis = shape.size() == 3;
    if (images.has_views_axis) images.views = shape[0];
    images.rows = shape[shape.size() - 2];
    images.columns = shape[shape.size() - 1];
    if (std::find(shape.begin(), shape.end(), 0) != shape.end())
        throw Error(ExitCode::bad_input, reader.file().name() + ": its images are empty");
    for (const std::string& name : names) {
        reader.check_shape(image_group + name, {shape});
        const StoredDataset stored = reader.stored(image_group + name);
        if (name == "mask") {
            images.mask = stored.read_bytes();
            continue;
        }
        images.layers.push_back({name, reader.attribute(image_group + name, "units"),
                                 reader.attribute(image_group + name, "long_name"), to_floats(stored.read_doubles())});
    }
    images.y = read_axis(reader, image_group + "y", "y", images.rows);
    images.x = read_axis(reader, image_group + "x", "x", images.columns);
    if (images.has_views_axis) images.view = read_axis(reader, image_group + "view", "view", images.views);
    return images;
}

Process read_process(MetadataReader& reader) {
    Process process;
    const h5::ReadFile& file = reader.file();
    for (const std::string& name : file.children("/entry/process")) {
        const std::string path = process_group + name;
        if (name == "warnings" || file.node(path) != h5::Node::dataset) continue;
        const std::string text = reader.text(path);
        if (name == "recipe") process.recipe = text;
        else process.facts[name] = text;
    }
    process.warnings = file.text_dataset(process_group + "warnings");
    const auto fit = [&](bool good, const std::string& group) {
        if (!good)
            throw Error(ExitCode::bad_input,
                        file.name() + ": " + process_group + group + " has columns of different lengths");
    };
    const std::vector<std::string> names = file.text_dataset(process_group + "stages/name");
    const auto n = static_cast<std::int64_t>(names.size());
    const std::vector<double> seconds = reader.array(process_group + "stages/seconds", "s", {{n}});
    const std::vector<double> in = reader.array(process_group + "stages/counts_in", "counts", {{n}});
    const std::vector<double> out = reader.array(process_group + "stages/counts_out", "counts", {{n}});
    fit(seconds.size() == names.size() && in.size() == names.size() && out.size() == names.size(), "stages");
    for (std::size_t i = 0; i < names.size(); ++i) process.stages.push_back({names[i], seconds[i], in[i], out[i], {}});
    // Unlike array() this lets NaN through: a survey may have found nothing.
    const auto value_of = [&](const char* name) {
        const std::string path = process_group + name;
        return reader.has(path) ? reader.stored(path).read_doubles() : std::vector<double>();
    };
    const std::vector<std::string> outcome = file.text_dataset(process_group + "survey/name");
    const std::vector<std::string> of = file.text_dataset(process_group + "survey/stage");
    const std::vector<double> value = value_of("survey/value");
    fit(outcome.size() == of.size() && outcome.size() == value.size(), "survey");
    for (std::size_t i = 0; i < outcome.size(); ++i)
        for (StageRecord& stage : process.stages)
            if (stage.name == of[i]) stage.survey[outcome[i]] = value[i];
    const std::vector<std::string> paths = file.text_dataset(process_group + "inputs/path");
    const std::vector<std::string> hashes = file.text_dataset(process_group + "inputs/sha256");
    const std::vector<std::string> uuids = file.text_dataset(process_group + "inputs/uuid");
    fit(paths.size() == hashes.size() && paths.size() == uuids.size(), "inputs");
    for (std::size_t i = 0; i < paths.size(); ++i) process.inputs.push_back({paths[i], hashes[i], uuids[i]});
    return process;
}

}  // namespace

void write_result(const std::filesystem::path& target, const Result& result, bool force) {
    result.images.check();
    if (result.volume) result.volume->check();
    AtomicFile out(target, force);
    h5::WriteFile file;
    const auto version = result.process.facts.find("version");
    write_root(file, "result", version == result.process.facts.end() ? "firstlight" : "firstlight " + version->second,
               result.created, result.uuid);
    file.attribute("/entry", "default", std::string("image"));
    write_image(file, result.images);
    if (result.volume) write_volume_group(file, "/entry/volume", *result.volume);
    write_process(file, result.process);
    file.group("/entry/quality", "NXcollection");
    for (const auto& q : result.quality) file.number("/entry/quality/" + q.first, q.second, unit_of_quality(q.first));
    put_in_place(file, out);
}

Result read_result(const std::filesystem::path& path, const OpenOptions& options) {
    if (options.probe) probe(path, ProbeKind::result, options.memory_limit);
    Findings findings(/*gather=*/false);
    MetadataReader reader(path, options.memory_limit, findings);
    check_format(reader, "result");
    Result result;
    result.uuid = reader.attribute("/", "uuid");
    result.created = reader.attribute("/", "created");
    result.images = read_image(reader);
    if (reader.has("/entry/volume")) result.volume = read_volume_group(reader, "/entry/volume", options.read_data);
    result.process = read_process(reader);
    for (const std::string& name : reader.file().children("/entry/quality")) {
        reader.check_shape("/entry/quality/" + name, {{}});
        result.quality[name] = reader.stored("/entry/quality/" + name).read_doubles().front();
    }
    return result;
}

}  // namespace firstlight
