// Keepalives: the paths on which a NAT in front of us must hear something now and then, and when nothing went out there. RFC 3948
// §4. What carries ESP tells by itself when it did last, asked just before it matters.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "ike/core/datagram.h"

namespace keypact::ike {

class Keepalives {
 public:
  /// 0: there are none.
  explicit Keepalives(Duration interval) : interval_(interval) {}

  /// The IKE SA needs this path; nothing: none, or not any more. IKE SAs on the same path share its keepalives.
  void file(IkeSaId id, const std::optional<Path>& path, Instant now);
  /// Something went out.
  void sent(const Path& path, Instant when);

  /// A path over which IKE has sent nothing for the interval.
  struct Silent {
    Path path;
    std::vector<IkeSaId> ike_sas;
    /// All that had to answer did, or had the time for it: a keepalive is due, and `sent` is to be told.
    bool asked = false;
  };
  /// The next one. Where it was not asked for yet, asked() or sent() is to be called before the next call.
  [[nodiscard]] std::optional<Silent> take_due(Instant now);
  /// So many Child SAs were asked when they carried something last.
  void asked(const Path& path, std::size_t questions, Instant now);
  void answered(IkeSaId id, Instant last_out, Instant now);

  [[nodiscard]] std::optional<Instant> next() const;
  [[nodiscard]] bool empty() const { return paths_.empty(); }
  [[nodiscard]] std::size_t size() const { return paths_.size(); }

 private:
  struct Entry {
    std::set<IkeSaId> ike_sas;
    Instant last_sent;
    Instant due;
    bool asked = false;
    std::size_t unanswered = 0;
  };
  using Entries = std::map<Path, Entry>;
  void set_due(Entries::value_type& entry, Instant due);
  void leave(IkeSaId id);

  Duration interval_;
  Entries paths_;
  std::unordered_map<IkeSaId, Path> path_of_;
  std::set<std::pair<Instant, Path>> deadlines_;
};

}  // namespace keypact::ike
