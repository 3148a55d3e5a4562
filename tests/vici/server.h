// A vici server of a few lines over a Unix socket, for clients that are whole programs.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <thread>

#include "vici/server_session.h"

namespace keypact::vici {

/// Serves clients one after another on a socket in a directory of its own; keeps every request. Knows the commands and events
/// that the tests need, so that others are unknown to it.
class Server {
 public:
  using Handler = std::function<Message(ServerSession&, const Request&)>;

  explicit Server(Handler handler);
  ~Server();

  void finish();
  [[nodiscard]] std::string path() const { return directory_ / "vici"; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  /// After finish().
  [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  bool readable(int fd);
  void run();
  void serve(int client);

  Handler handler_;
  std::filesystem::path directory_;
  int listener_ = -1;
  std::array<int, 2> stop_{};
  std::vector<Request> requests_;
  std::string fault_;
  std::thread thread_;
};

}  // namespace keypact::vici
