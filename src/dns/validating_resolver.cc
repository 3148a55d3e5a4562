#include "dns/validating_resolver.h"

#include <unbound.h>

#include "io/clock.h"

namespace keypact::dns {
namespace {

constexpr int kInternet = 1;  ///< the class IN
constexpr std::size_t kRecords = 64;

struct FreeResult {
  void operator()(ub_result* result) const { ub_resolve_free(result); }
};

/// RFC 4035: secure, insecure, bogus, or not to be told.
Records records_in(const ub_result& result, const Question& question) {
  constexpr int kServfail = 2;
  const auto& name = question.name;
  if (result.bogus != 0)
    return failure("what the DNS says of " + name + " does not fit its signatures (DNSSEC): " +
                   (result.why_bogus != nullptr ? result.why_bogus : "bogus"));
  if (result.rcode == kServfail) return failure("the name servers could not answer for " + name + " (SERVFAIL)");
  if (result.secure == 0 && !question.insecure_too)
    return failure("what the DNS says of " + name + " is not signed (DNSSEC), so that anybody can have said it");
  std::vector<Octets> records;
  for (std::size_t i = 0; result.havedata != 0 && result.data[i] != nullptr && records.size() < kRecords; ++i) {
    const OctetView record(reinterpret_cast<const std::uint8_t*>(result.data[i]),
                           static_cast<std::size_t>(result.len[i]));
    records.push_back(to_octets(record));
  }
  if (records.empty()) return failure("the DNS has no record of the wanted type for " + name);
  return records;
}

}  // namespace

/// One question on its way.
struct ValidatingResolver::Asked {
  ValidatingResolver* owner = nullptr;
  std::uint64_t number = 0;
  Question question;
  Answer answer;
  int id = 0;             ///< libunbound's, to take it back
  bool is_begun = false;  ///< and not ended
  io::Timer too_long;

  static void on_result(void* asked, int error, ub_result* result) {
    const std::unique_ptr<ub_result, FreeResult> owned(result);
    auto* self = static_cast<Asked*>(asked);
    self->is_begun = false;
    self->owner->finish(self->number, error != 0
                                          ? failure(std::string("the DNS cannot be asked: ") + ub_strerror(error))
                                          : records_in(*owned, self->question));
  }
};

void ValidatingResolver::Free::operator()(ub_ctx* context) const { ub_ctx_delete(context); }

ValidatingResolver::ValidatingResolver(io::EventLoop& loop, Options options)
    : loop_(loop), options_(std::move(options)) {}

ValidatingResolver::~ValidatingResolver() {
  for (const auto& [number, asked] : asked_)
    if (asked->is_begun) ub_cancel(context_.get(), asked->id);
}

Result<void, std::string> ValidatingResolver::open() {
  if (context_) return {};
  std::unique_ptr<ub_ctx, Free> context(ub_ctx_create());
  if (!context) return failure(std::string("the DNS cannot be asked: libunbound does not start"));
  // Whoever runs a validating name server has it on this machine.
  (void)ub_ctx_set_option(context.get(), "do-not-query-localhost:", "no");
  (void)ub_ctx_async(context.get(), 1);
  if (const int error = ub_ctx_resolvconf(context.get(), nullptr); error != 0)
    return failure(std::string("the name servers of this machine are not known: ") + ub_strerror(error));
  if (const int error = ub_ctx_add_ta_file(context.get(), options_.trust_anchors.c_str()); error != 0)
    return failure("there is no trust anchor in " + options_.trust_anchors + " (" + ub_strerror(error) +
                   "): install dns-root-data, or name a file with --trust-anchor");
  auto watch = loop_.watch(ub_fd(context.get()), [this] { (void)ub_process(context_.get()); });
  if (!watch) return failure(watch.error().to_string());
  answers_come_ = std::move(*watch);
  context_ = std::move(context);
  return {};
}

Result<void, std::string> ValidatingResolver::begin(const Question& question, std::uint64_t number) {
  if (asked_.size() > options_.questions)
    return failure("too many questions are on their way to the DNS to ask for " + question.name + " too");
  TRY_VOID(open());
  auto& asked = *asked_.at(number);
  const int error = ub_resolve_async(context_.get(), question.name.c_str(), static_cast<int>(question.type), kInternet,
                                     &asked, &Asked::on_result, &asked.id);
  if (error != 0) return failure("the DNS cannot be asked for " + question.name + ": " + ub_strerror(error));
  asked.is_begun = true;
  return {};
}

void ValidatingResolver::ask(Question question, Answer answer) {
  const auto number = next_number_++;
  auto asked = std::make_unique<Asked>();
  asked->owner = this;
  asked->number = number;
  asked->question = question;
  asked->answer = std::move(answer);
  asked->too_long = io::Timer(loop_, [this, number, name = question.name] {
    finish(number, failure("the name servers did not answer for " + name + " in time"));
  });
  auto& timer = asked->too_long;
  asked_.emplace(number, std::move(asked));
  timer.set(io::monotonic_now() + options_.time);
  if (auto begun = begin(question, number); !begun) answer_later(number, failure(begun.error()));
}

void ValidatingResolver::answer_later(std::uint64_t number, Records records) {
  auto& asked = *asked_.at(number);
  asked.too_long =
      io::Timer(loop_, [this, number, records = std::move(records)]() mutable { finish(number, std::move(records)); });
  asked.too_long.set(io::monotonic_now());
}

void ValidatingResolver::finish(std::uint64_t number, Records records) {
  const auto asked = asked_.extract(number);
  if (asked.empty()) return;
  if (asked.mapped()->is_begun) ub_cancel(context_.get(), asked.mapped()->id);
  asked.mapped()->answer(std::move(records));
}

}  // namespace keypact::dns
