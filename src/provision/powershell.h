// A PowerShell script that sets up the VPN on Windows 10 and 11.
#pragma once

#include "provision/profile.h"

namespace keypact::provision {

[[nodiscard]] const Client& windows();
[[nodiscard]] std::string powershell(const Profile& profile);

}  // namespace keypact::provision
