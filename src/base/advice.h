#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"

namespace tcpkit {

/// What an error code means to the person who sees it, and what to look at next: "nothing listens
/// there; check the port, or start the server". Empty for codes without advice.
std::string_view error_advice(std::string_view code);
/// The same of one error, where the system call that failed gives its code another meaning.
std::string_view error_advice(const Error& error);

/// The codes with a word of their own.
std::vector<std::string_view> advised_codes();

/// One word for a failed attempt in a list of several: "refused", "timed out"; the code itself
/// where there is none.
std::string_view error_word(std::string_view code);

}  // namespace tcpkit
