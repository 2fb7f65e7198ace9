#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"

namespace tcpkit {

/// For a word that is an address elsewhere: a URL, HOST:PORT with a '/' after it, or one of socat's
/// (TCP:HOST:PORT, TCP-LISTEN:PORT). A clause that says what to write here; nullopt for any other
/// word.
std::optional<std::string> answer_foreign_address(std::string_view word, Purpose purpose);

}  // namespace tcpkit
