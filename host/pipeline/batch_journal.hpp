// What a batch did, one JSON object per line, kept on the disk item by item: after a kill or a power cut at most the
// line of an item whose result is there is missing, and a half-written last line is passed over when read.
//
//   BatchJournal journal("out/batch.jsonl");
//   journal.append(record);
//   for (const auto& [name, record] : read_journal("out/batch.jsonl")) …
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace firstlight {

using BatchJson = nlohmann::ordered_json;

class BatchJournal {
  public:
    // Only one process at a time writes it. Errors (output): it cannot be written, or another batch is at it.
    explicit BatchJournal(const std::filesystem::path& path);
    ~BatchJournal();
    BatchJournal(const BatchJournal&) = delete;
    BatchJournal& operator=(const BatchJournal&) = delete;

    // Returns when it is on the disk. Errors: output; then nothing of it stays.
    void append(const BatchJson& record);

  private:
    std::filesystem::path path_;
    int descriptor_ = -1;
};

// The last record of each item by its "name"; nothing where there is no such file.
[[nodiscard]] std::map<std::string, BatchJson> read_journal(const std::filesystem::path& path);

}  // namespace firstlight
