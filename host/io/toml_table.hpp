// One table of a TOML file, such as a scene: typed values by key, in the unit that the key names; a key nobody asked
// for is an error.
#pragma once

#include <toml++/toml.h>

#include <array>
#include <string>
#include <vector>

#include "kernels/support/param.hpp"

namespace firstlight {

class TomlTable {
  public:
    // `where` for messages: "bars.toml: [source]". A null table has no keys.
    TomlTable(const toml::table* table, std::string where) : table_(table), where_(std::move(where)) {}

    [[nodiscard]] bool has(const std::string& key);
    double number(const std::string& key);  // must be there
    double number(const std::string& key, double otherwise);
    double number(const std::string& key, double otherwise, double least, double most);
    std::int64_t whole(const std::string& key);
    std::string text(const std::string& key);
    std::string text(const std::string& key, const std::string& otherwise);
    std::string one_of(const std::string& key, const std::vector<std::string>& names, const std::string& otherwise);
    std::vector<double> numbers(const std::string& key);
    std::vector<std::string> texts(const std::string& key);
    bool is_list(const std::string& key);
    std::vector<double> one_or_two(const std::string& key);   // above 0; one stands for both
    std::array<double, 3> three(const std::string& key);      // a direction
    TomlTable table(const std::string& key);                  // empty where there is none
    std::vector<TomlTable> tables(const std::string& key);    // of [[key]]
    void parameters(const ParamTable& params, void* values);  // all keys through a stage's table
    // Errors: a key that none of the calls above asked for.
    void refuse_unknown() const;
    // Says what the key holds and what was expected of it.
    [[noreturn]] void refuse(const std::string& key, const std::string& expected) const;

  private:
    const toml::node* find(const std::string& key);

    const toml::table* table_;
    std::string where_;
    std::vector<std::string> known_;
};

}  // namespace firstlight
