// Reads the small datasets of a file and checks them: shape, unit, finiteness. What is wrong is thrown at once, or
// gathered when a whole list is wanted (`firstlight validate`).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/io/acquisition_file.hpp"
#include "host/io/h5.hpp"
#include "host/io/stored_dataset.hpp"

namespace firstlight {

class Findings {
  public:
    explicit Findings(bool gather) : gather_(gather) {}
    void warn(const std::string& message) { all_.push_back({false, message}); }
    // Runs one independent check; its Error is thrown on, or kept when gathering.
    void attempt(const std::function<void()>& check);
    [[nodiscard]] const std::vector<Finding>& all() const { return all_; }

  private:
    bool gather_;
    std::vector<Finding> all_;
};

class MetadataReader {
  public:
    using Shape = std::vector<std::int64_t>;

    MetadataReader(const std::filesystem::path& path, std::size_t memory_limit, Findings& findings);

    [[nodiscard]] const h5::ReadFile& file() const { return file_; }
    [[nodiscard]] Findings& findings() { return findings_; }
    [[nodiscard]] bool has(const std::string& path) const { return file_.node(path) != h5::Node::absent; }
    [[nodiscard]] StoredDataset stored(const std::string& path) const;

    // A scalar in [minimum, maximum]; nothing when absent.
    [[nodiscard]] std::optional<double> number(const std::string& path, const std::string& unit, double minimum,
                                               double maximum);
    // An array of one of the shapes (a negative length fits any); empty when absent. Values must be finite.
    [[nodiscard]] std::vector<double> array(const std::string& path, const std::string& unit,
                                            const std::vector<Shape>& shapes);
    [[nodiscard]] std::string text(const std::string& path);  // a text dataset, or ""
    [[nodiscard]] std::string attribute(const std::string& path, const std::string& name);

    // Throws Error naming expected and found shape.
    void check_shape(const std::string& path, const std::vector<Shape>& shapes) const;
    void check_unit(const std::string& path, const std::string& unit) const;

  private:
    h5::ReadFile file_;
    std::shared_ptr<const ReadOnlyFile> bytes_;
    std::size_t memory_limit_;
    Findings& findings_;
};

}  // namespace firstlight
