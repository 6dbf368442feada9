// The parameter table: a parameter is declared once, in its stage's Params, and everything else (flags, help,
// recipes, provenance, JSON schema, docs, widgets) is made from it.
//
//   struct Params {
//       double width_ps = 60;
//       Edges edges = Edges::fixed;
//       static const ParamTable& table() {
//           static const ParamTable t{
//               real(&Params::width_ps, "width_ps", "ps", "width of the gate", 0.1, 1e5),
//               choice(&Params::edges, "edges", "how the edges are found", {"fixed", "optimal"})};
//           return t;
//       }
//   };
//
// A real parameter may be `automatic`: the text "auto" (held as NaN) means what the table says it means. A parameter
// that matters only for one value of a choice says so with `.only_if("edges", "fixed")`; setting it otherwise is an
// error, because an option without effect is worse than none.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace firstlight {

using ParamValue = std::variant<bool, std::int64_t, double, std::string>;

enum class ParamKind { boolean, integer, real, choice, text };

struct Param {
    std::string name;
    std::string unit;     // "" for pure numbers
    std::string meaning;  // one sentence, no full stop
    ParamKind kind = ParamKind::real;
    double minimum = -std::numeric_limits<double>::infinity();
    double maximum = std::numeric_limits<double>::infinity();
    std::vector<std::string> choices;
    std::string automatic;     // what "auto" means; empty: "auto" is not allowed
    std::string condition_on;  // name of the choice parameter this one depends on; empty: none
    std::string condition_is;  // values of it for which this one has an effect, separated by '|'
    std::function<ParamValue(const void*)> get;
    std::function<void(void*, const ParamValue&)> set;  // no checks: see assign()

    Param auto_is(std::string what) && {
        automatic = std::move(what);
        return std::move(*this);
    }
    Param only_if(std::string other, std::string value) && {
        condition_on = std::move(other);
        condition_is = std::move(value);
        return std::move(*this);
    }
};

using ParamTable = std::vector<Param>;

template <class P>
Param real(double P::*member, std::string name, std::string unit, std::string meaning, double minimum, double maximum) {
    Param p;
    p.name = std::move(name);
    p.unit = std::move(unit);
    p.meaning = std::move(meaning);
    p.kind = ParamKind::real;
    p.minimum = minimum;
    p.maximum = maximum;
    p.get = [member](const void* s) { return ParamValue(static_cast<const P*>(s)->*member); };
    p.set = [member](void* s, const ParamValue& v) { static_cast<P*>(s)->*member = std::get<double>(v); };
    return p;
}

template <class P>
Param integer(std::int64_t P::*member, std::string name, std::string unit, std::string meaning, std::int64_t minimum,
              std::int64_t maximum) {
    Param p;
    p.name = std::move(name);
    p.unit = std::move(unit);
    p.meaning = std::move(meaning);
    p.kind = ParamKind::integer;
    p.minimum = static_cast<double>(minimum);
    p.maximum = static_cast<double>(maximum);
    p.get = [member](const void* s) { return ParamValue(static_cast<const P*>(s)->*member); };
    p.set = [member](void* s, const ParamValue& v) { static_cast<P*>(s)->*member = std::get<std::int64_t>(v); };
    return p;
}

template <class P>
Param boolean(bool P::*member, std::string name, std::string meaning) {
    Param p;
    p.name = std::move(name);
    p.meaning = std::move(meaning);
    p.kind = ParamKind::boolean;
    p.get = [member](const void* s) { return ParamValue(static_cast<const P*>(s)->*member); };
    p.set = [member](void* s, const ParamValue& v) { static_cast<P*>(s)->*member = std::get<bool>(v); };
    return p;
}

template <class P>
Param text(std::string P::*member, std::string name, std::string unit, std::string meaning) {
    Param p;
    p.name = std::move(name);
    p.unit = std::move(unit);
    p.meaning = std::move(meaning);
    p.kind = ParamKind::text;
    p.get = [member](const void* s) { return ParamValue(static_cast<const P*>(s)->*member); };
    p.set = [member](void* s, const ParamValue& v) { static_cast<P*>(s)->*member = std::get<std::string>(v); };
    return p;
}

// An enum class whose values 0, 1, 2, … are called as `names` says.
template <class P, class E>
Param choice(E P::*member, std::string name, std::string meaning, std::vector<std::string> names) {
    Param p;
    p.name = std::move(name);
    p.meaning = std::move(meaning);
    p.kind = ParamKind::choice;
    p.choices = names;
    p.get = [member, names](const void* s) {
        return ParamValue(names.at(static_cast<std::size_t>(static_cast<const P*>(s)->*member)));
    };
    p.set = [member, names](void* s, const ParamValue& v) {
        for (std::size_t i = 0; i < names.size(); ++i)
            if (names[i] == std::get<std::string>(v)) static_cast<P*>(s)->*member = static_cast<E>(i);
    };
    return p;
}

// Checks `value` against the table (type, range, choices; an integer is taken for a real, "auto" where allowed) and
// stores it in the Params at `params`. `where` names the source for messages, e.g. "--time_gate.open_ps".
// Errors: ExitCode::usage.
void assign(const Param& param, void* params, const ParamValue& value, const std::string& where);

// The same from text as typed on a command line ("1.5", "auto", "true", "soft").
ParamValue parse_param(const Param& param, const std::string& text, const std::string& where);

// The value as TOML ("auto" for an automatic real); and as a person reads it, with unit.
std::string to_toml(const Param& param, const void* params);
std::string to_display(const Param& param, const void* params);

// True when the parameter has an effect given the others' values.
bool has_effect(const Param& param, const ParamTable& table, const void* params);

// The name in `names` nearest to `word` by edit distance, or "" when nothing is near.
std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

}  // namespace firstlight
