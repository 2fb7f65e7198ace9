#include "os/libpcap.h"

#include <dlfcn.h>
#include <fmt/core.h>

#include <optional>
#include <type_traits>

namespace tcpkit::os {
namespace {

/// Debian's name of it, then upstream's.
void* open_library() {
  void* library = ::dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);
  return library != nullptr ? library : ::dlopen("libpcap.so.1", RTLD_NOW | RTLD_LOCAL);
}

std::optional<Libpcap> load_all(std::string& why) {
  void* library = open_library();
  bool complete = library != nullptr;
  const auto find = [&](auto& function, const char* name) {
    void* symbol = complete ? ::dlsym(library, name) : nullptr;
    complete = symbol != nullptr;
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(symbol);
  };
  Libpcap all{};
  find(all.activate, "pcap_activate");
  find(all.close, "pcap_close");
  find(all.compile, "pcap_compile");
  find(all.create, "pcap_create");
  find(all.datalink, "pcap_datalink");
  find(all.datalink_val_to_name, "pcap_datalink_val_to_name");
  find(all.dispatch, "pcap_dispatch");
  find(all.fopen_offline_with_tstamp_precision, "pcap_fopen_offline_with_tstamp_precision");
  find(all.freecode, "pcap_freecode");
  find(all.get_selectable_fd, "pcap_get_selectable_fd");
  find(all.get_tstamp_precision, "pcap_get_tstamp_precision");
  find(all.geterr, "pcap_geterr");
  find(all.next_ex, "pcap_next_ex");
  find(all.set_buffer_size, "pcap_set_buffer_size");
  find(all.set_datalink, "pcap_set_datalink");
  find(all.set_immediate_mode, "pcap_set_immediate_mode");
  find(all.set_promisc, "pcap_set_promisc");
  find(all.set_snaplen, "pcap_set_snaplen");
  find(all.set_tstamp_precision, "pcap_set_tstamp_precision");
  find(all.setfilter, "pcap_setfilter");
  find(all.setnonblock, "pcap_setnonblock");
  find(all.stats, "pcap_stats");
  find(all.statustostr, "pcap_statustostr");
  if (complete) return all;
  const char* text = ::dlerror();
  why = fmt::format("libpcap is not installed ({})", text != nullptr ? text : "incomplete");
  return {};
}

}  // namespace

const Libpcap* Libpcap::load(std::string& why) {
  static std::string reason;
  static const std::optional<Libpcap> all = load_all(reason);
  if (!all) why = reason;
  return all ? &*all : nullptr;
}

std::optional<tcp::Link> link_of(int datalink) {
  switch (datalink) {
    case DLT_EN10MB:
      return tcp::Link::ethernet;
    case DLT_LINUX_SLL:
      return tcp::Link::cooked;
    case DLT_LINUX_SLL2:
      return tcp::Link::cooked2;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return tcp::Link::raw;
    case DLT_NULL:
    case DLT_LOOP:
      return tcp::Link::null;
    default:
      return {};
  }
}

}  // namespace tcpkit::os
