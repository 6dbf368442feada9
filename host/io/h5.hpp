// The HDF5 library, as far as firstlight uses it; no other file includes hdf5.h (h5.cpp reads, h5_write.cpp writes).
//
// Opened files are not to be believed: no plugins, no external, soft or user-defined links, no external storage, no
// virtual datasets, plain file driver only, no locks. Library errors become Error; its own printing is off. Paths are
// absolute and fixed ("/entry/data/counts"): nothing is searched for and no reference is followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace firstlight::h5 {

// An HDF5 identifier that is released with its owner.
class Id {
  public:
    Id() = default;
    explicit Id(std::int64_t value) : value_(value) {}
    Id(Id&& o) noexcept : value_(std::exchange(o.value_, -1)) {}
    Id& operator=(Id&& o) noexcept {
        std::swap(value_, o.value_);
        return *this;
    }
    Id(const Id&) = delete;
    Id& operator=(const Id&) = delete;
    ~Id();
    [[nodiscard]] std::int64_t get() const { return value_; }
    [[nodiscard]] bool valid() const { return value_ >= 0; }
    void close();  // Errors are returned as an exception, unlike on destruction

  private:
    std::int64_t value_ = -1;
};

enum class Kind : std::uint8_t { unsigned_integer, signed_integer, real, text, other };
enum class Node : std::uint8_t { absent, group, dataset, other };
enum class Layout : std::uint8_t { compact, contiguous, chunked };

struct ElementType {
    Kind kind = Kind::other;
    std::size_t bytes = 0;
    bool big_endian = false;
    std::string name;  // "u2", "f4", "i8 (big-endian)", "compound", …
};

struct Filter {
    int number = 0;
    std::string name;
    std::vector<unsigned> parameters;
};

struct Chunk {
    std::int64_t index = 0;     // in the grid of chunks, last axis fastest
    std::uint64_t address = 0;  // in the file
    std::uint64_t bytes = 0;    // as stored
    unsigned filter_mask = 0;   // bit i: filter i was skipped
};

// All that is needed to read a dataset without HDF5.
struct StoredLayout {
    std::string where;  // "scan.h5: /entry/data/counts", for messages
    std::vector<std::int64_t> shape;
    ElementType type;
    Layout layout = Layout::contiguous;
    std::vector<std::int64_t> chunk_shape;  // chunked only
    std::vector<Filter> filters;            // in the order in which they were applied
    std::vector<Chunk> chunks;              // sorted by index; absent ones hold the fill value
    bool allocated = true;                  // contiguous only: false when nothing was ever written
    std::uint64_t address = 0;              // contiguous only
    std::vector<std::byte> compact;         // compact only
    std::vector<std::byte> fill;            // [type.bytes] stored byte order
};

// For h5.cpp and h5_write.cpp: sets the library up (once; its messages once per thread), and its innermost message.
void prepare_library();
[[nodiscard]] std::string library_message();

// A file open for reading.
class ReadFile {
  public:
    // Errors (bad_input): missing, not HDF5, truncated, being written.
    explicit ReadFile(const std::filesystem::path& path);

    [[nodiscard]] const std::string& name() const { return name_; }
    // Errors (bad_input) when a component of the path is a link other than a hard one.
    [[nodiscard]] Node node(const std::string& path) const;
    // Names in a group, at most `limit`, in alphabetical order.
    [[nodiscard]] std::vector<std::string> children(const std::string& path, std::size_t limit = 1000) const;

    // Attributes of the object at `path`; empty when there is none of the name. Strings are cut at 1 MiB.
    [[nodiscard]] std::optional<std::string> text(const std::string& path, const std::string& attribute) const;
    [[nodiscard]] std::vector<std::string> texts(const std::string& path, const std::string& attribute) const;
    [[nodiscard]] std::vector<double> numbers(const std::string& path, const std::string& attribute) const;
    [[nodiscard]] std::optional<double> number(const std::string& path, const std::string& attribute) const;
    // Text datasets: one string or several, fixed or variable length. Empty when absent.
    [[nodiscard]] std::vector<std::string> text_dataset(const std::string& path) const;
    // An enumeration's first element: its name, or its number in decimal where it is a plain integer. Empty when absent
    // or a dataset without elements (h5_table.cpp).
    [[nodiscard]] std::string enumeration(const std::string& path) const;
    // Names of a table's (compound's) fields, and the number in one of them in its first row; nothing where the dataset
    // or the field is absent. Errors (bad_input): more than 4096 rows, no number (h5_table.cpp).
    [[nodiscard]] std::vector<std::string> table_fields(const std::string& path) const;
    [[nodiscard]] std::optional<double> table_number(const std::string& path, const std::string& field) const;
    // Whether a dataset exists and has elements: not all programs leave out what they do not know (h5_table.cpp).
    [[nodiscard]] bool has_elements(const std::string& path) const;
    [[nodiscard]] std::vector<std::int64_t> shape(const std::string& path) const;
    [[nodiscard]] ElementType element_type(const std::string& path) const;

    // `max_table_bytes` bounds the table of chunks. Errors (bad_input).
    [[nodiscard]] StoredLayout stored_layout(const std::string& path, std::size_t max_table_bytes) const;

  private:
    [[nodiscard]] Id open_object(const std::string& path) const;   // invalid when absent
    [[nodiscard]] Id open_dataset(const std::string& path) const;  // Errors: absent, virtual, external storage
    [[nodiscard]] Id open_attribute(const std::string& path, const std::string& attribute) const;
    void gather_chunks(std::int64_t dataset, StoredLayout& layout, std::size_t max_table_bytes) const;
    [[noreturn]] void fail(const std::string& path, const std::string& problem) const;
    std::string name_;
    Id file_;
    std::uint64_t user_block_ = 0;
};

// A file being written: in memory (take its image), or into `path` on disk.
class WriteFile {
  public:
    struct DatasetOptions {
        std::vector<std::int64_t> chunk;  // empty: contiguous
        bool packed = false;              // declare shuffle + deflate(1) + fletcher32
        std::string units, long_name;     // empty: no such attribute
    };

    WriteFile();                                            // in memory
    explicit WriteFile(const std::filesystem::path& path);  // an existing empty file is taken over
    [[nodiscard]] bool in_memory() const { return in_memory_; }

    void group(const std::string& path, const std::string& nx_class);
    void attribute(const std::string& path, const std::string& name, const std::string& value);
    void attribute(const std::string& path, const std::string& name, const std::vector<std::string>& values);
    void attribute(const std::string& path, const std::string& name, const std::vector<double>& values);
    void attribute(const std::string& path, const std::string& name, double value);
    void attribute(const std::string& path, const std::string& name, std::int64_t value);
    void attribute(const std::string& path, const std::string& name, const std::vector<std::uint8_t>& values);

    // An empty shape is a scalar. `data` may be null: the dataset is only made (for write_chunk).
    void dataset(const std::string& path, const std::string& type, const std::vector<std::int64_t>& shape,
                 const void* data, const DatasetOptions& options);
    void number(const std::string& path, double value, const std::string& units, const std::string& long_name = {});
    void text(const std::string& path, const std::string& value);
    void texts(const std::string& path, const std::vector<std::string>& values);
    // Puts an encoded chunk at `offset` (elements).
    void write_chunk(const std::string& path, const std::vector<std::int64_t>& offset, const void* data,
                     std::size_t bytes);

    void make_scale(const std::string& path, const std::string& axis_name);
    void attach_scale(const std::string& dataset, const std::string& scale, unsigned axis);

    [[nodiscard]] std::vector<std::byte> finish_image();  // in memory only; closes
    void finish_file();                                   // on disk only; closes and checks

  private:
    void raw_attribute(const std::string& path, const std::string& name, std::int64_t type, std::size_t count,
                       bool scalar, const void* data);
    bool in_memory_ = false;
    std::filesystem::path path_;
    std::string name_;
    Id file_;
    std::map<std::string, Id> open_datasets_;
};

}  // namespace firstlight::h5
