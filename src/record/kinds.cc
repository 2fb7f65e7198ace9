#include "record/kinds.h"

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace tcpkit::record {
namespace {

template <class T>
constexpr FieldType type_of(const T* /*value*/) {
  if constexpr (std::is_same_v<T, bool>) return FieldType::flag;
  if constexpr (std::is_same_v<T, Error>) return FieldType::error;
  if constexpr (std::is_same_v<T, Payload>) return FieldType::payload;
  return std::is_arithmetic_v<T> ? FieldType::number : FieldType::text;
}
template <class T>
constexpr FieldType type_of(const std::optional<T>* /*value*/) {
  return type_of(static_cast<const T*>(nullptr));
}
template <class T>
constexpr FieldType type_of(const std::vector<T>* /*value*/) {
  return FieldType::list;
}
template <class T>
constexpr FieldType type_of(const Sparse<const T>* /*value*/) {
  return type_of(static_cast<const T*>(nullptr));
}
template <class T>
constexpr FieldType type_of(const Seconds<T>* /*value*/) {
  return FieldType::number;
}
template <class T>
constexpr FieldType type_of(const Microseconds<T>* /*value*/) {
  return FieldType::number;
}

template <class E>
constexpr bool is_of_listener = requires {
  E::of_listener;
};

template <class E>
std::vector<FieldKind> fields_of() {
  std::vector<FieldKind> fields;
  const E empty{};
  visit_fields(empty, [&](std::string_view name, const auto& value) {
    fields.push_back({name, type_of(&value)});
  });
  return fields;
}

template <class E>
void add(std::vector<Kind>& kinds, Layer layer) {
  if constexpr (!std::is_same_v<E, Other>) {
    if (E::layer != layer) return;
    const auto same = std::find_if(kinds.begin(), kinds.end(), [](const Kind& kind) {
      return kind.layer == E::layer && kind.name == E::name;
    });
    if (same == kinds.end()) {
      kinds.push_back({E::layer, E::name, is_of_listener<E>, fields_of<E>()});
      return;
    }
    same->of_listener = same->of_listener && is_of_listener<E>;
    for (const FieldKind& field : fields_of<E>())
      same->fields.push_back(field);
  }
}

/// The alternatives of Body in its order.
template <class... E>
struct Alternatives {
  static constexpr std::size_t count = sizeof...(E);

  static std::vector<Kind> kinds() {
    std::vector<Kind> all;
    for (const Layer layer : {Layer::event, Layer::kernel, Layer::wire, Layer::call, Layer::note})
      (add<E>(all, layer), ...);
    return all;
  }

  struct Maker {
    const Kind* kind;  ///< nullptr: of `Other`
    bool of_listener;
    Body (*make)();
  };
  static std::array<Maker, count> makers() { return {maker<E>()...}; }

 private:
  template <class T>
  static Maker maker() {
    if constexpr (std::is_same_v<T, Other>) {
      return {nullptr, false, [] { return Body(Other{}); }};
    } else {
      return {&kind_of<T>(), is_of_listener<T>, [] { return Body(T{}); }};
    }
  }
};

template <class... E>
Alternatives<E...> alternatives_of(const std::variant<E...>* /*type*/);
using All = decltype(alternatives_of(static_cast<const Body*>(nullptr)));

const std::array<All::Maker, All::count>& makers() {
  static const auto all = All::makers();
  return all;
}

}  // namespace

const std::vector<Kind>& all_kinds() {
  static const std::vector<Kind> all = All::kinds();
  return all;
}

const Kind* find_kind(Layer layer, std::string_view name) {
  for (const Kind& kind : all_kinds()) {
    if (kind.layer == layer && kind.name == name) return &kind;
  }
  return nullptr;
}

const Kind* kind_of(const Body& body) {
  return makers()[body.index()].kind;
}

Body make_body(Layer layer, std::string_view name, bool of_listener) {
  // Of a trace each line asks.
  static const auto found = [] {
    std::array<std::unordered_map<std::string_view, std::array<const All::Maker*, 2>>, 5> all;
    for (const All::Maker& maker : makers()) {
      if (maker.kind == nullptr) continue;
      auto& both = all.at(static_cast<std::size_t>(maker.kind->layer))[maker.kind->name];
      for (const std::size_t listener : {std::size_t{0}, std::size_t{1}}) {
        if (both[listener] == nullptr || maker.of_listener == (listener == 1)) {
          both[listener] = &maker;
        }
      }
    }
    return all;
  }();
  const auto& names = found.at(static_cast<std::size_t>(layer));
  const auto it = names.find(name);
  if (it == names.end()) return Other{layer, name, {}};
  return it->second[of_listener ? 1 : 0]->make();
}

}  // namespace tcpkit::record
