#include "flow/scan.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace tcpkit::flow {
namespace {

using Finding = net::Probe::Finding;
using std::chrono::milliseconds;

/// Attempts that begin in one turn of the loop: signals and timers have their turn between them.
constexpr int most_at_once = 256;
/// Between two tries when there is no room, unless an attempt ends earlier.
constexpr milliseconds between_tries{20};
/// How long a lack of room may last that no attempt of ours causes.
constexpr milliseconds most_patience{2000};
/// What a timer that fires late may catch up with at once.
constexpr milliseconds most_arrears{10};

/// The program's own descriptors.
constexpr rlim_t other_descriptors = 16;

std::size_t bounded_by_descriptors(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t free = limit.rlim_cur > other_descriptors ? limit.rlim_cur - other_descriptors : 1;
  return static_cast<std::size_t>(std::min<rlim_t>(wanted, free));
}

/// True if the answer is the better one of two addresses: an open port above all, then whatever the
/// host itself said or did not say, then an error on the way to it.
bool is_better(const Scan::Answer& answer, const Scan::Answer& than) {
  const auto rank = [](Scan::Answer::Is is) {
    switch (is) {
      case Scan::Answer::Is::unknown:
        return 0;
      case Scan::Answer::Is::failed:
        return 1;
      case Scan::Answer::Is::refused:
      case Scan::Answer::Is::silent:
        return 2;
      case Scan::Answer::Is::open:
        break;
    }
    return 3;
  };
  return rank(answer.is) > rank(than.is);
}

}  // namespace

Scan::Scan(net::Engine& engine, dns::Resolver& resolver, Options options, Hooks hooks)
    : engine_(engine),
      resolver_(resolver),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      traced_(engine.tracer().wants(record::Layer::call) ||
              engine.tracer().wants(record::Layer::event) ||
              engine.tracer().wants(record::Layer::note) || !engine.watchers().empty()),
      probe_options_{options_.attempt.dial.local_address, options_.attempt.dial.local_port,
                     options_.attempt.socket},
      probes_(options_.addresses.size()),
      answers_(options_.ports.size()),
      unsettled_(options_.ports.size()),
      next_due_(Clock::now()),
      work_(engine.loop(), [this] { work(); }),
      pause_(engine.loop(), [this] { go_on(); }),
      deadline_(engine.loop(), [this] { on_deadline(); }) {
  options_.concurrency = bounded_by_descriptors(options_.concurrency);
}

Scan::~Scan() = default;

void Scan::stop() {
  over_ = true;
  work_.stop();
  pause_.stop();
  deadline_.stop();
  // A traced attempt ends with its socket, which the session destroys.
  if (!traced_) flying_.clear();
}

/// Once a turn of the loop, until something has to be waited for.
void Scan::work() {
  for (int i = 0; i < most_at_once; ++i) {
    if (over_ || !has_tasks() || !has_slot() || waits_for_room_ || !is_due()) {
      work_.stop();
      return;
    }
    begin(take_task());
  }
}

void Scan::go_on() {
  waits_for_room_ = false;
  if (!over_ && has_tasks()) work_.start();
}

/// False: the rate permits no attempt now, and the pause has begun.
bool Scan::is_due() {
  if (options_.rate == 0) return true;
  const auto now = Clock::now();
  if (now < next_due_) {
    pause_.start(std::chrono::ceil<milliseconds>(next_due_ - now));
    return false;
  }
  const auto interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / options_.rate;
  next_due_ = std::max(next_due_, now - most_arrears) + interval;
  return true;
}

Scan::Task Scan::take_task() {
  if (again_.empty()) return {next_++};
  const Task task = again_.front();
  again_.pop_front();
  return task;
}

void Scan::begin(const Task& task) {
  ++attempts_;
  const Address remote = options_.addresses[task.address].with_port(options_.ports[task.port]);
  if (traced_) {
    return fly(task, [&](ProbeAttempt::Outcome outcome) {
      return attempt_traced(engine_, resolver_, remote, options_.attempt, std::move(outcome));
    });
  }
  auto& probe = probes_[task.address];
  if (!probe) probe = std::make_unique<net::Probe>();
  Finding now = probe->start(remote, probe_options_);
  if (now.is == Finding::Is::in_progress) {
    return fly(task, [&](ProbeAttempt::Outcome outcome) {
      return wait_for(engine_.loop(), std::move(probe), std::move(outcome));
    });
  }
  if (!probe->is_reusable()) probe.reset();
  judge(task, std::move(now));
}

template <class Attempt>
void Scan::fly(const Task& task, Attempt attempt) {
  const Flight flight = flying_.insert(flying_.end(), Flying{task, {}, nullptr});
  flight->attempt =
      attempt([this, flight](Finding finding) { on_outcome(flight, std::move(finding)); });
  const milliseconds wait = options_.attempt.dial.connect_timeout;
  if (traced_ || wait.count() == 0) return;
  flight->deadline = Clock::now() + wait;
  if (!deadline_.active()) start_deadline();
}

void Scan::start_deadline() {
  const auto left = flying_.front().deadline - Clock::now();
  deadline_.start(std::max(std::chrono::ceil<milliseconds>(left), milliseconds(0)));
}

/// What the kernel knows by now counts: the process may have been stopped, or be slow.
void Scan::on_deadline() {
  const auto now = Clock::now();
  while (!over_ && !flying_.empty() && flying_.front().deadline <= now) {
    const Flight flight = flying_.begin();
    on_outcome(flight, flight->attempt->expire());
  }
  if (!over_ && !flying_.empty()) start_deadline();
}

void Scan::on_outcome(Flight flight, Finding finding) {
  const Task task = flight->task;
  flying_.erase(flight);
  if (over_) return;
  judge(task, std::move(finding));
  go_on();
}

void Scan::judge(const Task& task, Finding finding) {
  switch (finding.is) {
    case Finding::Is::in_progress:
      return;
    case Finding::Is::open:
      return settle(task, {Answer::Is::open});
    case Finding::Is::refused:
      return settle(task, {Answer::Is::refused});
    case Finding::Is::silent:
      return settle(task, {Answer::Is::silent});
    case Finding::Is::failed:
      return settle(task, {Answer::Is::failed, finding.error->code});
    case Finding::Is::no_room:
      return wait_for_room(task, finding);
    case Finding::Is::unusable:
      return fail(*finding.error);
  }
}

void Scan::wait_for_room(Task task, const Finding& finding) {
  const auto now = Clock::now();
  if (!task.first_try) task.first_try = now;
  // Attempts in flight make room when they end.
  if (flying_.empty() && now - *task.first_try > most_patience) {
    if (finding.error->syscall == "socket") return fail(*finding.error);
    return settle(task, {Answer::Is::failed, finding.error->code});
  }
  --attempts_;
  again_.push_front(task);
  waits_for_room_ = true;
  pause_.start(between_tries);
}

void Scan::settle(const Task& task, Answer answer) {
  Answer& best = answers_[task.port];
  if (is_better(answer, best)) best = std::move(answer);
  if (best.is != Answer::Is::open && task.address + 1 < options_.addresses.size()) {
    again_.push_back({task.port, task.address + 1});
    return;
  }
  hooks_.settled(task.port, best);
  if (over_ || --unsettled_ > 0) return;
  stop();
  hooks_.done();
}

void Scan::fail(const Error& error) {
  stop();
  hooks_.failed(error);
}

}  // namespace tcpkit::flow
