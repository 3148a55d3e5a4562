# Every library that comes from outside, found once. Folders name the targets in LIBS of keypact_folder:
#   OpenSSL::Crypto fmt::fmt spdlog::spdlog nlohmann_json::nlohmann_json CLI11::CLI11
#   PkgConfig::mnl CURL::libcurl keypact_unbound SQLite::SQLite3 keypact_asio keypact_ipsec_mb
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(CURL 7.87 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(mnl REQUIRED IMPORTED_TARGET libmnl)

find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
add_library(keypact_asio INTERFACE)
target_include_directories(keypact_asio SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
target_compile_definitions(keypact_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED)
target_link_libraries(keypact_asio INTERFACE Threads::Threads)

find_path(UNBOUND_INCLUDE_DIR unbound.h REQUIRED)
find_library(UNBOUND_LIBRARY unbound REQUIRED)
add_library(keypact_unbound INTERFACE)
target_include_directories(keypact_unbound SYSTEM INTERFACE ${UNBOUND_INCLUDE_DIR})
target_link_libraries(keypact_unbound INTERFACE ${UNBOUND_LIBRARY})

# Multi-buffer AES for the bursts of the data plane; x86 only, so its users ask with TARGET keypact_ipsec_mb.
find_library(IPSEC_MB_LIBRARY IPSec_MB)
if(IPSEC_MB_LIBRARY)
  add_library(keypact_ipsec_mb INTERFACE)
  target_link_libraries(keypact_ipsec_mb INTERFACE ${IPSEC_MB_LIBRARY})
endif()

find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)
find_package(benchmark QUIET)
include(GoogleTest)
