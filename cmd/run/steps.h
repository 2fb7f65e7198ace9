#pragma once

#include <functional>
#include <memory>
#include <string>

#include "script/director.h"

namespace tcpkit::cmd {

class Session;

/// Runs the steps of --do and --script in this session, which with `script` must outlive the
/// result. `failed` and `passed` as Director::Hooks has them.
std::unique_ptr<script::Director> run_steps(
    Session& session, const script::Script& script, bool listener,
    std::function<void(net::Socket* socket, const std::string& text)> failed,
    std::function<void(net::Socket& socket, bool closed)> passed);

}  // namespace tcpkit::cmd
