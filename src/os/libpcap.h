#pragma once

#include <pcap/pcap.h>

#include <optional>
#include <string>

#include "tcp/segment.h"

namespace tcpkit::os {

/// The functions of libpcap that we call. The library is loaded when something is captured first:
/// linked, it would bring libdbus, libsystemd and their compressors into every start, which took
/// longer than all the rest of `tcpkit --version`.
struct Libpcap {
  decltype(&::pcap_activate) activate;
  decltype(&::pcap_close) close;
  decltype(&::pcap_compile) compile;
  decltype(&::pcap_create) create;
  decltype(&::pcap_datalink) datalink;
  decltype(&::pcap_datalink_val_to_name) datalink_val_to_name;
  decltype(&::pcap_dispatch) dispatch;
  decltype(&::pcap_fopen_offline_with_tstamp_precision) fopen_offline_with_tstamp_precision;
  decltype(&::pcap_freecode) freecode;
  decltype(&::pcap_get_selectable_fd) get_selectable_fd;
  decltype(&::pcap_get_tstamp_precision) get_tstamp_precision;
  decltype(&::pcap_geterr) geterr;
  decltype(&::pcap_next_ex) next_ex;
  decltype(&::pcap_set_buffer_size) set_buffer_size;
  decltype(&::pcap_set_datalink) set_datalink;
  decltype(&::pcap_set_immediate_mode) set_immediate_mode;
  decltype(&::pcap_set_promisc) set_promisc;
  decltype(&::pcap_set_snaplen) set_snaplen;
  decltype(&::pcap_set_tstamp_precision) set_tstamp_precision;
  decltype(&::pcap_setfilter) setfilter;
  decltype(&::pcap_setnonblock) setnonblock;
  decltype(&::pcap_stats) stats;
  decltype(&::pcap_statustostr) statustostr;

  /// Loads it, once; it stays to the end of the program. nullptr where it is not installed or has
  /// not all of these, and `why` a clause.
  static const Libpcap* load(std::string& why);
};

/// What the frames of a DLT_ type of libpcap begin with; nullopt for the types that are not known
/// here.
std::optional<tcp::Link> link_of(int datalink);

}  // namespace tcpkit::os
