#include "base/result.h"

namespace keypact {

std::string Error::to_string() const {
  std::string text = what;
  if (!why.empty()) text += ": " + why;
  if (!remedy.empty()) text += ". " + remedy;
  return text;
}

}  // namespace keypact
