// The engine in each of its named states, against a program: datagrams of an honest peer in any order, repeated, changed and forged with
// the keys; timers, jobs and answers of the IPsec stack in any order; requests of operators. After each step what must be true of one
// engine is looked at (sim/engine_invariants.h), and in the end everything is terminated, and nothing may be left.
#include <algorithm>

#include "fuzz/engine_states.h"
#include "fuzz/forgery.h"

namespace {

using namespace keypact;
using namespace keypact::fuzz;

/// Steps of one program: what comes after them is not read.
constexpr unsigned kMostSteps = 120;

class Program {
 public:
  Program(EnginePair& pair, Script& script) : pair_(pair), script_(script) {}
  void run() {
    for (unsigned step = 0; step < kMostSteps && !script_.is_over(); ++step) take_step();
  }

 private:
  void take_step() {
    switch (script_.below(16)) {
      case 0:
      case 1: (void)pair_.advance(); break;
      case 2: arrive(script_.u8()); break;
      case 3: change(); break;
      case 4: work(pair_.ours()); break;
      case 5: work(pair_.peer()); break;
      case 6: pass(); break;
      case 7: ask(pair_.ours()); break;
      case 8: ask(pair_.peer()); break;
      case 9: tell(); break;
      case 10:
      case 11:
        if (const auto* sa = some_ike_sa(pair_.ours())) forge(pair_, *sa, script_);
        break;
      case 12: pair_.run_to_rest(static_cast<unsigned>(script_.u8())); break;
      case 13: move(); break;
      case 14: configure(); break;
      default: arrive_from_nowhere(); break;
    }
  }

  /// Taken from the way, or copied from it, or lost.
  void arrive(unsigned how) {
    if (pair_.flying.empty()) return;
    const auto at = pair_.flying.begin() + static_cast<std::ptrdiff_t>(how / 4 % pair_.flying.size());
    const auto flying = *at;
    if (how % 4 != 1) pair_.flying.erase(at);
    if (how % 4 != 2) pair_.deliver(flying);
  }
  void change() {
    if (pair_.flying.empty()) return;
    const auto at = pair_.flying.begin() + static_cast<std::ptrdiff_t>(script_.below(pair_.flying.size()));
    auto flying = std::move(*at);
    pair_.flying.erase(at);
    arrive_changed(pair_, std::move(flying), script_);
  }
  void work(sim::Node& node) {
    const auto how = script_.u8();
    if (how % 8 == 7) return node.stack.refuse_installs(1);
    const auto jobs = pair_.waiting_jobs(node);
    const auto answers = pair_.waiting_answers(node);
    if (jobs > 0 && (how % 2 == 0 || answers == 0)) return pair_.finish_job(node, how / 8 % jobs, how % 8 == 6);
    if (answers > 0) pair_.answer(node, how / 8 % answers);
  }
  void pass() {
    const auto how = script_.u8();
    if (how % 4 == 0) return pair_.pass(milliseconds(10 * how));
    if (how % 4 == 1) return pair_.pass(seconds(how));
    const auto due = pair_.ours().engine.deadline();
    if (due) pair_.pass(std::max(Duration{}, *due - pair_.now()) - (how % 4 == 2 ? Duration{} : microseconds(1)));
  }

  const ike::v2::IkeSa* some_ike_sa(const sim::Node& node) {
    const auto& all = node.engine.ike_sas();
    if (all.empty()) return nullptr;
    return &std::next(all.begin(), static_cast<std::ptrdiff_t>(script_.below(all.size())))->second;
  }
  ChildSaId some_child(const sim::Node& node) {
    const auto& all = node.stack.child_sas();
    if (all.empty()) return ChildSaId{script_.u8()};
    return std::next(all.begin(), static_cast<std::ptrdiff_t>(script_.below(all.size())))->first;
  }
  void ask(sim::Node& node) {
    const auto what = script_.u8();
    const auto* sa = some_ike_sa(node);
    const auto ike_sa = sa != nullptr ? sa->record().id : IkeSaId{1};
    switch (what % 8) {
      case 0:
        return pair_.control(
            node,
            ike::Initiate{
                {}, "net", what & 8 ? "lan" : "lan2", {}, other_end(node), (what & 16) != 0 && &node == &pair_.ours()});
      case 1: return pair_.control(node, ike::Initiate{{}, "net", {}, {}, other_end(node), false, true});
      case 2: return pair_.control(node, ike::RekeyChild{{}, some_child(node)});
      case 3: return pair_.control(node, ike::RekeyIke{{}, ike_sa, false});
      case 4: return pair_.control(node, ike::RekeyIke{{}, ike_sa, true});
      case 5: return pair_.control(node, ike::TerminateChild{{}, some_child(node)});
      case 6: return pair_.control(node, ike::TerminateIke{{}, ike_sa, (what & 8) != 0});
      default: return pair_.control(node, ike::Redirect{{}, ike_sa, Identification::of(pair_.peer().address)});
    }
  }
  IpAddress other_end(const sim::Node& node) {
    return &node == &pair_.ours() ? pair_.peer().address : pair_.ours().address;
  }

  /// The IPsec stack of ours says something of its own accord.
  void tell() {
    auto& ours = pair_.ours();
    const auto what = script_.u8();
    const auto child = some_child(ours);
    const Endpoint remote{pair_.peer().address, static_cast<std::uint16_t>(4500 + what / 8)};
    switch (what % 8) {
      case 0:
        if (!ours.stack.policies().empty())
          pair_.stack_event(ours, ipsec::Acquire{ours.stack.policies().begin()->first});
        break;
      case 1:
      case 2:
        if (ours.stack.child_sas().contains(child))
          pair_.stack_event(ours, ipsec::ChildSaExpired{child, what % 8 == 2});
        break;
      case 3:
        if (ours.stack.child_sas().contains(child)) pair_.stack_event(ours, ipsec::PeerMoved{child, remote});
        break;
      case 4: pair_.stack_event(ours, ipsec::UnknownSpi{{ours.address, 4500}, remote, EspSpi{script_.u32()}}); break;
      case 5: ours.stack.sent_over(child, pair_.now()); break;
      case 6: pair_.stack_event(ours, ipsec::ChildSaUse{child, pair_.now(), pair_.now()}); break;
      // An SA that the engine may have let go of by then.
      default: pair_.stack_event(ours, ipsec::ChildSaExpired{ChildSaId{script_.u8()}, true}); break;
    }
  }

  void move() {
    const auto how = script_.u8();
    if (how % 2 == 0) return pair_.move_peer(how / 2 % 6);
    auto& ours = pair_.ours();
    const auto other = *IpAddress::parse("192.0.2.11");
    switch (how / 2 % 4) {
      case 0: return pair_.set_local_addresses(ours, {other});
      case 1: return pair_.set_local_addresses(ours, {ours.address, other});
      case 2: return pair_.set_local_addresses(ours, {ours.address});
      default: return pair_.set_local_addresses(ours, {});
    }
  }
  void configure() {
    auto site = pair_.our_site();
    const auto how = script_.u8();
    if (how % 8 == 7) return pair_.configure(pair_.ours(), std::make_shared<const config::Snapshot>());
    if (how & 1) site.more_children.clear();
    if (how & 2) site.dpd_delay = seconds(5);
    if (how & 4) site.secret = "another one, since the old one is known";
    if (how & 8) site.more_local = {prefix_of(*IpAddress::parse("10.9.0.0"), 16)};
    if (how & 16) site.fragmentation = config::Tristate::force;
    if (how & 32) site.close_action = config::Action::start;
    if (how & 64) site.mobike = !site.mobike;
    pair_.configure(pair_.ours(), site.snapshot());
  }
  void arrive_from_nowhere() {
    auto& ours = pair_.ours();
    const Endpoint from{pair_.peer().address, static_cast<std::uint16_t>(500 + script_.below(4))};
    const auto octets = script_.octets(script_.below(200));
    pair_.deliver({true, {{ours.address, 500}, from, to_octets(octets)}});
  }

  EnginePair& pair_;
  Script& script_;
};

Shape shape_of(Script& script) {
  const auto bits = script.u16();
  const auto has = [&](unsigned bit) { return (bits >> bit & 1) != 0; };
  Shape shape;
  shape.fragments = has(0);
  shape.mobike = has(1);
  shape.own_key_exchange = has(2);
  shape.liveness = has(3);
  shape.peer_behind_nat = has(4);
  shape.childless = has(5);
  shape.lifetimes = has(6);
  shape.cookies = has(7) && has(8);
  shape.trap = has(9);
  shape.one_of_each_peer = has(10);
  return shape;
}

}  // namespace

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(OctetView(data, size));
  const auto states = named_states();
  const auto& state = states[script.below(states.size())];
  const auto shape = shape_of(script);
  const bool at_once = shape.trap == shape.mobike;
  const auto pair = begin_in(state, shape);
  // With nothing agreed on but what the state needs it is always reached.
  if (!pair) {
    require(size >= 3 && (data[1] != 0 || data[2] != 0));
    return 0;
  }
  Program(*pair, script).run();
  pair->end(at_once);
  return 0;
}
