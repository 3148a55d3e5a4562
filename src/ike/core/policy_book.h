// PolicyBook: which SPD entries the engine asked the IPsec stack to hold, one for each child of a connection, or for one SA of a
// peer without a fixed address. An entry stays when its SAs are lost, so that protected traffic never leaves in clear; it goes
// when neither the configuration nor an SA wants it. RFC 4301 §4.4.1.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/id.h"
#include "config/placement_setting.h"
#include "ipsec/stack.h"

namespace keypact::ike {

class PolicyBook {
 public:
  struct Selectors {
    std::vector<TrafficSelector> local;
    std::vector<TrafficSelector> remote;
    PolicyAction action = PolicyAction::protect;
    Mode mode = Mode::tunnel;
    config::PlacementSetting placement{};
    bool operator==(const Selectors&) const = default;
  };
  struct Entry : Selectors {  ///< as the stack has them
    PolicyId id;
    /// Its Placement, where something of that was left to choose; nothing: as `placement` says. There are many entries.
    std::shared_ptr<const Placement> chosen;
    [[nodiscard]] const Placement& placed() const { return chosen ? *chosen : placement; }
    /// What the configuration wants; nothing: it does not know the child (any more).
    std::shared_ptr<const Selectors> configured;
    std::set<ChildSaId> users;
  };
  using Name = std::pair<std::string, std::string>;  ///< connection, child
  using Requests = std::vector<ipsec::StackRequest>;

  PolicyBook() = default;
  /// Its numbers are `last` plus a multiple of `step`.
  PolicyBook(std::uint64_t last, std::uint64_t step) : last_number_(last), step_(step) {}

  /// What SAs of an earlier run, which are still there, have of the numbers that are chosen.
  struct Earlier {
    Name child;
    std::vector<TrafficSelector> local;
    std::vector<TrafficSelector> remote;
    Lane in;
    Lane out;
    bool operator==(const Earlier&) const = default;
  };
  struct EarlierRun {
    std::vector<Earlier> children;
    std::set<std::uint32_t> numbers;  ///< of all of them, also where no child is known yet
  };
  /// These children get the same numbers again, and nobody else does. What was told before holds too.
  void remember(EarlierRun run);

  /// The configuration wants this entry. One that SAs use keeps its selectors until they are gone.
  [[nodiscard]] Requests configure(const Name& name, Selectors selectors);
  /// The configuration does not know it any more.
  [[nodiscard]] Requests forget(const Name& name);

  /// An SA uses the entry, which is made with these selectors when it is not there. An entry with other selectors (from another
  /// configuration) is left alone: the SA gets one of its own.
  struct Used {
    Name name;
    PolicyId id;
    Placement placed;
    Requests requests;
  };
  /// `chosen`: what is left to choose of the entry's numbers, when it is not there yet; nothing: as `selectors` say.
  [[nodiscard]] Used use(const Name& name, ChildSaId user, const Selectors& selectors,
                         const std::optional<config::PlacementSetting>& chosen = std::nullopt);
  [[nodiscard]] Requests leave(const Name& name, ChildSaId user);

  [[nodiscard]] const Entry* find(const Name& name) const;
  /// Another SA than `user` uses the entry.
  [[nodiscard]] bool has_other_user(const Name& name, ChildSaId user) const;
  /// The child that a policy belongs to.
  [[nodiscard]] const Name* name_of(PolicyId id) const;
  [[nodiscard]] const std::map<Name, Entry>& all() const { return entries_; }

 private:
  using Position = std::map<Name, Entry>::iterator;
  /// Makes what the stack holds agree with what is wanted, where no SA is in the way.
  [[nodiscard]] Requests settle(Position position);
  [[nodiscard]] Requests install(const Name& name, Entry& entry, const Selectors& selectors,
                                 const std::optional<config::PlacementSetting>& chosen = std::nullopt);
  [[nodiscard]] std::uint64_t next_number() { return last_number_ += step_; }
  [[nodiscard]] Placement place(const Name& name, const Entry& entry, const config::PlacementSetting& setting);

  std::map<Name, Entry> entries_;
  std::uint64_t last_number_ = 0;  ///< of ids, and of what is chosen for a Placement
  std::uint64_t step_ = 1;
  struct Remembered {
    Earlier place;
    std::optional<Name> user;  ///< the only one, from its first time on
  };
  std::multimap<Name, Remembered> earlier_;  ///< by child
  std::set<std::uint32_t> taken_;
};

}  // namespace keypact::ike
