// NumPy files byte by byte, written without NumPy: counts that follow a formula, in any order of axes.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace firstlight {

using Shape = std::vector<std::int64_t>;
using Place = std::map<std::string, std::int64_t>;

inline double npy_count(const Place& at) {
    const auto of = [&](const char* axis) { return at.contains(axis) ? at.at(axis) : 0; };
    return static_cast<double>((of("view") * 71 + of("y") * 13 + of("x") * 7 + of("t") * 3 + of("gate") * 3) % 113);
}

inline const std::map<std::string, std::int64_t> npy_sizes{{"view", 3}, {"y", 21}, {"x", 18}, {"t", 9}, {"gate", 9}};

struct NpyBytes {
    std::vector<std::string> axes{"y", "x", "t"};
    std::string descr = "<u2";
    bool fortran = false;
    int version = 1;
    double changed = 0;  // what the element `changed_at` of the file holds
    std::int64_t changed_at = -1;

    [[nodiscard]] Shape shape() const {
        Shape out;
        for (const std::string& axis : axes) out.push_back(npy_sizes.at(axis));
        return out;
    }
    static std::string around(std::string dictionary, int version = 1) {
        dictionary += '\n';
        std::string out = "\x93NUMPY";
        out += static_cast<char>(version);
        out += '\0';
        for (int i = 0; i < (version == 1 ? 2 : 4); ++i) out += static_cast<char>(dictionary.size() >> (8 * i));
        return out + dictionary;
    }
    [[nodiscard]] std::string dictionary() const {
        return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({},), }}", descr,
                           fortran ? "True" : "False", fmt::join(shape(), ", "));
    }
    [[nodiscard]] std::string bytes() const {
        std::string out = around(dictionary(), version);
        std::vector<std::string> order = axes;  // slowest first
        if (fortran) std::reverse(order.begin(), order.end());
        std::int64_t n = 1;
        for (const std::string& axis : axes) n *= npy_sizes.at(axis);
        for (std::int64_t i = 0; i < n; ++i) {
            Place at;
            std::int64_t rest = i;
            for (std::size_t k = order.size(); k-- > 0; rest /= npy_sizes.at(order[k]))
                at[order[k]] = rest % npy_sizes.at(order[k]);
            element(out, i == changed_at ? changed : npy_count(at));
        }
        return out;
    }

  private:
    template <class T>
    void number(std::string& out, T value) const {
        char raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof(T));
        if (descr[0] == '>') std::reverse(raw, raw + sizeof(T));
        out.append(raw, sizeof(T));
    }
    void element(std::string& out, double v) const {
        const std::string type = descr.substr(1);
        if (type == "f4") return number(out, static_cast<float>(v));
        if (type == "f8") return number(out, v);
        const auto whole = static_cast<std::int64_t>(v);
        if (type == "u1" || type == "i1") return number(out, static_cast<std::uint8_t>(whole));
        if (type == "u2" || type == "i2") return number(out, static_cast<std::uint16_t>(whole));
        if (type == "u4" || type == "i4") return number(out, static_cast<std::uint32_t>(whole));
        number(out, static_cast<std::uint64_t>(whole));
    }
};

}  // namespace firstlight
