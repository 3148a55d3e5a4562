// Transfer: one document on its way, as one easy handle of libcurl.
#pragma once

#include <curl/curl.h>

#include "fetch/fetcher.h"

namespace keypact::fetch {

class Transfer {
 public:
  Transfer(Request request, const Limits& limits, Duration time_left);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  [[nodiscard]] CURL* handle() const { return handle_; }
  /// Once libcurl says that it has ended.
  [[nodiscard]] Fetched outcome(CURLcode code) const;

 private:
  static std::size_t take(char* octets, std::size_t size, std::size_t count, void* self);
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  void set_up(const Limits& limits, Duration time_left);
  [[nodiscard]] std::string why(CURLcode code) const;

  Request request_;
  const Limits& limits_;
  CURL* handle_;
  curl_slist* headers_ = nullptr;
  std::shared_ptr<Octets> octets_ = std::make_shared<Octets>();
  bool too_long_ = false;
  std::string refused_address_;  ///< the last one that it may not lead to
};

}  // namespace keypact::fetch
