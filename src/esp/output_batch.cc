#include "esp/output_batch.h"

namespace keypact::esp {

OutputBatch::OutputBatch(std::size_t packets, std::size_t octets) : memory_(packets * octets) {
  constexpr std::size_t kFragments = 4;  // of one packet, where a path is narrow
  to_wire_.reserve(packets * kFragments);
  to_tunnel_.reserve(packets);
  in_clear_.reserve(packets);
  events_.reserve(packets);
}

void OutputBatch::clear() {
  used_ = 0;
  to_wire_.clear();
  to_tunnel_.clear();
  in_clear_.clear();
  events_.clear();
}

MutableOctets OutputBatch::allocate(std::size_t count) {
  if (count > memory_.size() - used_) return {};
  const auto part = MutableOctets(memory_).subspan(used_, count);
  used_ += count;
  return part;
}

}  // namespace keypact::esp
