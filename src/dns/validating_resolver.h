// ValidatingResolver: records from the DNS, and whether signatures on them lead to a trust anchor (DNSSEC, RFC 4035), over libunbound and
// the name servers of this machine.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/octets.h"
#include "base/result.h"
#include "io/event_loop.h"

struct ub_ctx;

namespace keypact::dns {

enum class RecordType : std::uint16_t { ipseckey = 45 };

struct Question {
  std::string name;
  RecordType type{};
  bool insecure_too = false;  ///< also what nobody signed; never what is signed and does not fit
};

/// The RDATA of each record, or a sentence that names what was asked for and says why there is none.
using Records = Result<std::vector<Octets>, std::string>;

class ValidatingResolver {
 public:
  struct Options {
    std::string trust_anchors;    ///< a file with DNSKEY or DS records
    Duration time = seconds(10);  ///< for an answer
    std::size_t questions = 256;  ///< on their way; more are refused
  };
  /// Nothing is opened before the first question.
  ValidatingResolver(io::EventLoop& loop, Options options);
  ValidatingResolver(const ValidatingResolver&) = delete;
  ValidatingResolver& operator=(const ValidatingResolver&) = delete;
  /// Unanswered questions stay unanswered.
  ~ValidatingResolver();

  using Answer = std::move_only_function<void(Records)>;
  /// In the loop's thread. `answer` is called there once, never from inside this call.
  void ask(Question question, Answer answer);

 private:
  struct Asked;
  struct Free {
    void operator()(ub_ctx* context) const;
  };
  [[nodiscard]] Result<void, std::string> open();
  [[nodiscard]] Result<void, std::string> begin(const Question& question, std::uint64_t number);
  void answer_later(std::uint64_t number, Records records);
  void finish(std::uint64_t number, Records records);

  io::EventLoop& loop_;
  Options options_;
  std::map<std::uint64_t, std::unique_ptr<Asked>> asked_;
  std::uint64_t next_number_ = 0;
  std::unique_ptr<ub_ctx, Free> context_;
  io::Watch answers_come_;
};

}  // namespace keypact::dns
