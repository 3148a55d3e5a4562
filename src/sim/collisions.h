// Collisions: two operations, one at each end of a tunnel, whose messages meet. All schedules are enumerated, none is drawn: who begins,
// when the other one does, which message arrives next, and which of them is lost, late or doubled. RFC 7296 §2.8.1, §2.8.2, §2.25.
#pragma once

#include <string>
#include <unordered_set>
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
  /// The choice made last was none: what was taken follows from the choices before. Returns it.
  unsigned settle(unsigned taken);
  /// The next choice was not made on the paths before.
  [[nodiscard]] bool is_new() const { return next_ == choices_.size(); }
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
  std::uint64_t seed = 1;  ///< of the nonces and SPIs, which decide who gives way
  unsigned key_exchanges =
      0;  ///< of each Child SA; with 2 the second one is additional (RFC 9370), and the IKE SAs have one too
};

/// The situations that were gone on from: both ends have read the same in the same order, the same is on its way, and the timers of both
/// run out in the same half second, and as many faults are left.
using Situations = std::unordered_set<std::uint64_t>;

struct CollisionOutcome {
  std::string broken;  ///< what was wrong at the end; empty: nothing
  bool known = false;  ///< it came to a situation that was gone on from before, and was not run to its end
};
/// Runs one schedule: messages arrive in any order, and `faults` of them, whichever, are lost, come after their retransmission, or come
/// again at any time.
[[nodiscard]] CollisionOutcome run_collision(const Collision& collision, Schedule& schedule, unsigned faults,
                                             Situations& situations,
                                             const std::function<void(const std::string&)>& narrator = {});

struct CollisionSum {
  std::size_t schedules = 0;  ///< begun
  std::size_t ended = 0;      ///< run to their end: the others met a situation that was known
  std::size_t situations = 0;
  std::size_t messages = 0;  ///< the most that one schedule had
  std::string broken;        ///< the first one; empty: none
};
struct CollisionPlan {
  unsigned faults = 1;               ///< each schedule has at most so many
  unsigned both_reauthenticate = 1;  ///< the same for this pair, which has more schedules than all others together
  unsigned key_exchanges = 0;        ///< as in Collision
};
/// All schedules of all pairs, with the nonces and SPIs of the seeds 1 to `worlds`, each in a thread of its own. `print` is not called
/// by two of them at once.
[[nodiscard]] CollisionSum run_collisions(const CollisionPlan& plan, unsigned worlds,
                                          const std::function<void(const std::string&)>& print);

}  // namespace keypact::sim
