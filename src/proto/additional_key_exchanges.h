// The transform types of additional key exchanges. RFC 9370 §2.2.1.
#pragma once

#include <array>

#include "proto/transform_registries.h"

namespace keypact {

inline constexpr std::array kAdditionalKeyExchanges = {
    TransformType::ADDKE1, TransformType::ADDKE2, TransformType::ADDKE3, TransformType::ADDKE4,
    TransformType::ADDKE5, TransformType::ADDKE6, TransformType::ADDKE7};

[[nodiscard]] constexpr bool is_additional_key_exchange(TransformType type) {
  return type >= TransformType::ADDKE1 && type <= TransformType::ADDKE7;
}

}  // namespace keypact
