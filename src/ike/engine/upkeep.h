// Upkeep: children that come up without an operator: at the start, when the first packet asks for them, and again when their tunnel
// was lost or closed. Attempts that fail are made again, later each time and never at the same moment as others.
// RFC 7296 §2.4; the actions are swanctl.conf's start_action, close_action and dpd_action.
#pragma once

#include <functional>
#include <map>

#include "base/instant.h"
#include "base/random_source.h"
#include "ike/engine/control_request.h"

namespace keypact::ike {

class Upkeep {
 public:
  /// `engine`: the index of ours.
  explicit Upkeep(std::size_t engine = 0) : engine_(engine) {}
  using Name = std::pair<std::string, std::string>;  ///< connection, child
  enum class Patience : std::uint8_t {
    once,     ///< what failed is asked for again by the next packet
    forever,  ///< until it is up, or nobody wants it any more
  };

  /// Wanted from `at` on, unless an attempt is on its way or planned earlier. `initiate.id` does not count. After `most_tries` in
  /// vain it is given up; 0: never.
  void want(Initiate initiate, Patience patience, Instant at, unsigned most_tries = 0);
  void forget(const std::string& connection);
  void forget(const std::string& connection, const std::string& child);
  /// What is wanted but does not fit: forgotten.
  void forget_unless(const std::function<bool(const Initiate&)>& fits);

  /// The attempts whose time has come, with ids of our own; each must be answered by conclude().
  [[nodiscard]] std::vector<Initiate> take_due(Instant now);
  [[nodiscard]] static bool is_ours(ControlId id) { return (id.value & kOurs) != 0; }
  /// Whose attempt one of our ids is.
  [[nodiscard]] static std::size_t engine_of(ControlId id) { return (id.value & ~kOurs) >> kEngineAt; }
  /// What it was about, when nothing comes of it any more.
  std::optional<Name> conclude(ControlId id, bool up, Instant now, RandomSource& random);
  [[nodiscard]] bool wants(const std::string& connection, const std::string& child) const {
    return wishes_.contains({connection, child});
  }

  [[nodiscard]] std::optional<Instant> next() const;
  [[nodiscard]] std::size_t size() const { return wishes_.size(); }

 private:
  static constexpr std::uint64_t kOurs = std::uint64_t{1} << 63;
  static constexpr unsigned kEngineAt = 48;
  struct Wish {
    Initiate initiate;
    Patience patience{};
    unsigned most_tries = 0;
    unsigned failures = 0;
    std::optional<Instant> at;  ///< nothing: an attempt is on its way
  };
  std::map<Name, Wish> wishes_;
  std::map<ControlId, Name> attempts_;
  std::size_t engine_;
  std::uint64_t last_id_ = 0;
};

}  // namespace keypact::ike
