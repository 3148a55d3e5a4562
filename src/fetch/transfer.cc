#include "fetch/transfer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "base/check.h"
#include "fetch/reachable.h"

namespace keypact::fetch {
namespace {

long milliseconds_of(Duration time) {
  return static_cast<long>(std::max<std::int64_t>(1, std::chrono::duration_cast<milliseconds>(time).count()));
}

std::string seconds_text(Duration time) {
  return std::to_string(std::chrono::duration_cast<seconds>(time).count()) + " s";
}

/// Of IPv4 and IPv6, nothing of others.
std::optional<IpAddress> address_of(const curl_sockaddr& address) {
  if (address.family == AF_INET && address.addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.addr, sizeof v4);
    return IpAddress::v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.family != AF_INET6 || address.addrlen < sizeof(sockaddr_in6)) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address.addr, sizeof v6);
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
  return IpAddress::v6(octets);
}

}  // namespace

Transfer::Transfer(Request request, const Limits& limits, Duration time_left)
    : request_(std::move(request)), limits_(limits), handle_(curl_easy_init()) {
  CHECK(handle_ != nullptr);
  set_up(limits, time_left);
}

Transfer::~Transfer() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(headers_);
}

void Transfer::set_up(const Limits& limits, Duration time_left) {
  const auto set = [this](CURLoption option, auto value) {
    CHECK(curl_easy_setopt(handle_, option, value) == CURLE_OK);  // NOLINT: the interface of libcurl
  };
  set(CURLOPT_URL, request_.uri.c_str());
  set(CURLOPT_PROTOCOLS_STR, request_.configured ? "http,file" : "http");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http");
  set(CURLOPT_FOLLOWLOCATION, limits.redirects > 0 ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, limits.redirects);
  set(CURLOPT_POSTREDIR, static_cast<long>(CURL_REDIR_POST_ALL));
  set(CURLOPT_TIMEOUT_MS, milliseconds_of(time_left));
  set(CURLOPT_NOSIGNAL, 1L);
  // A name server that is silent keeps nobody else waiting.
  set(CURLOPT_QUICK_EXIT, 1L);
  // Neither a proxy nor a connection of another request: then the addresses below would not be those of the server.
  set(CURLOPT_PROXY, "");
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_.octets));
  set(CURLOPT_USERAGENT, "keypact");
  set(CURLOPT_WRITEFUNCTION, &Transfer::take);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  if (request_.body.empty()) return;
  set(CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(request_.body.data()));  // NOLINT: as above
  set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request_.body.size()));
  headers_ = curl_slist_append(headers_, ("Content-Type: " + request_.body_type).c_str());
  headers_ = curl_slist_append(headers_, "Expect:");
  set(CURLOPT_HTTPHEADER, headers_);
}

std::size_t Transfer::take(char* octets, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto more = size * count;
  transfer.too_long_ = more > transfer.request_.octets - transfer.octets_->size();
  if (transfer.too_long_) return CURL_WRITEFUNC_ERROR;
  append(*transfer.octets_, as_octets({octets, more}));
  return more;
}

curl_socket_t Transfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto ip = address_of(*address);
  if (!ip) return CURL_SOCKET_BAD;
  if (!transfer.request_.configured && !may_be_reached(*ip, transfer.limits_.also)) {
    transfer.refused_address_ = ip->to_string();
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::string Transfer::why(CURLcode code) const {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return "no answer within " + seconds_text(limits_.time);
    case CURLE_TOO_MANY_REDIRECTS: return "it leads on more than " + std::to_string(limits_.redirects) + " times";
    case CURLE_UNSUPPORTED_PROTOCOL: {
      long redirected = 0;
      curl_easy_getinfo(handle_, CURLINFO_REDIRECT_COUNT, &redirected);  // NOLINT: as above
      return redirected > 0 ? "it leads elsewhere than to HTTP" : "it is no URI of HTTP";
    }
    case CURLE_FILESIZE_EXCEEDED: break;
    case CURLE_WRITE_ERROR:
      if (too_long_) break;
      [[fallthrough]];
    case CURLE_COULDNT_CONNECT:
      if (!refused_address_.empty())
        return "it leads to " + refused_address_ + ", which is not public, and --fetch-from does not allow it";
      [[fallthrough]];
    default: return curl_easy_strerror(code);
  }
  return "it is longer than " + std::to_string(request_.octets) + " octets";
}

Fetched Transfer::outcome(CURLcode code) const {
  if (code != CURLE_OK) return failure(request_.uri + ": " + why(code));
  long status = 0;
  char* scheme = nullptr;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);  // NOLINT: as above
  curl_easy_getinfo(handle_, CURLINFO_SCHEME, &scheme);         // NOLINT: as above
  const bool is_file = scheme != nullptr && (std::strcmp(scheme, "FILE") == 0 || std::strcmp(scheme, "file") == 0);
  if (!is_file && status != 200) return failure(request_.uri + ": the server answers " + std::to_string(status));
  if (octets_->empty()) return failure(request_.uri + ": the answer is empty");
  return octets_;
}

}  // namespace keypact::fetch
