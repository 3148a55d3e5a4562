// Collisions: two operations, one at each end of a tunnel, at nearly the same time, with every fate of the messages that they cause.
// All schedules are enumerated, none is drawn. RFC 7296 §2.8.1, §2.8.2, §2.25.
#pragma once

#include <string>
#include <vector>

#include "sim/world.h"

namespace keypact::sim {

enum class Collider : std::uint8_t {
  create_child,
  rekey_child,
  delete_child,
  rekey_ike,
  delete_ike,
  reauthenticate,
  check_liveness,
};
inline constexpr std::size_t kColliders = 7;
[[nodiscard]] std::string_view to_string(Collider collider);

/// One path through a tree of choices, each of which is made with a number of options that follows from the choices before.
class Schedule {
 public:
  [[nodiscard]] unsigned choose(unsigned options);
  /// Goes to the next path; false when all have been taken.
  [[nodiscard]] bool advance();
  /// The same path again.
  void rewind() { next_ = 0; }
  [[nodiscard]] std::string to_string() const;

 private:
  struct Choice {
    unsigned taken = 0;
    unsigned options = 0;
  };
  std::vector<Choice> choices_;
  std::size_t next_ = 0;
};

struct Collision {
  Collider at_left{};  ///< the original initiator
  Collider at_right{};
};

/// Runs one schedule: the first `messages` datagrams are judged by it. What was wrong at the end; empty: nothing.
[[nodiscard]] std::string run_collision(const Collision& collision, Schedule& schedule, unsigned messages,
                                        const std::function<void(const std::string&)>& narrator = {});

struct CollisionSum {
  std::size_t schedules = 0;
  std::string broken;  ///< the first one; empty: none
};
/// All schedules of all pairs.
[[nodiscard]] CollisionSum run_collisions(unsigned messages, const std::function<void(const std::string&)>& print);

}  // namespace keypact::sim
