#include "wire/codec.h"

namespace keypact::wire {

Parsed<BodyReader> BodyReader::part(std::size_t count, ParseErrorCode when_short) {
  Place place = place_;
  place.offset += reader_.position();
  place.when_short = when_short;
  const auto inner = reader_.octets(count);
  if (!inner) return error(when_short);
  return BodyReader(*inner, place);
}

std::unexpected<ParseError> BodyReader::error(ParseErrorCode code) const {
  return std::unexpected(ParseError{code, place_.payload, place_.offset + reader_.position()});
}

}  // namespace keypact::wire
