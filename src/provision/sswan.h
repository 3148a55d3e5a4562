// A profile for strongSwan's app for Android (.sswan, JSON).
#pragma once

#include "provision/profile.h"

namespace keypact::provision {

[[nodiscard]] const Client& strongswan_app();
[[nodiscard]] std::string sswan(const Profile& profile);

}  // namespace keypact::provision
