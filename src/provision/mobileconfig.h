// A configuration profile for iPhones, iPads and Macs: the VPN, the CA, and the client's own certificate where it comes along.
#pragma once

#include "provision/profile.h"

namespace keypact::provision {

[[nodiscard]] const Client& apple();
[[nodiscard]] std::string mobileconfig(const Profile& profile);

}  // namespace keypact::provision
