#include "ca/delivery.h"

#include <utility>

#include "io/file_source.h"
#include "io/files.h"

namespace keypact::ca {
namespace {

constexpr std::size_t kFileOctets = 1024 * 1024;

struct Paths {
  explicit Paths(const Delivery& delivery)
      : certificate(delivery.folder + "/x509/" + delivery.name + ".pem"),
        key(delivery.folder + "/private/" + delivery.name + ".pem"),
        authority(delivery.folder + "/x509ca/ca.pem"),
        container(delivery.folder + "/" + delivery.name + ".p12") {}
  std::string certificate;
  std::string key;
  std::string authority;
  std::string container;
};

std::string pem_of(const pki::Certificate& certificate) { return pki::pem_of("CERTIFICATE", certificate.der()); }

/// Files that become what they were, or vanish, unless all of them could be written.
class NewFiles {
 public:
  Result<void> write(const std::string& path, OctetView content, unsigned mode) {
    File file{path, mode, {}};
    if (io::exists(path)) {
      io::RealFiles files;
      TRY(file.before, files.read(path, kFileOctets));
    }
    TRY_VOID(io::write_file_atomically(path, content, mode));
    written_.push_back(std::move(file));
    return {};
  }
  std::vector<std::string> keep() {
    std::vector<std::string> paths;
    for (auto& file : std::exchange(written_, {})) paths.push_back(std::move(file.path));
    return paths;
  }
  NewFiles() = default;
  NewFiles(const NewFiles&) = delete;
  NewFiles& operator=(const NewFiles&) = delete;
  ~NewFiles() {
    for (const auto& file : written_)
      static_cast<void>(file.before ? io::write_file_atomically(file.path, file.before->reveal(), file.mode)
                                    : io::remove_file(file.path));
  }

 private:
  struct File {
    std::string path;
    unsigned mode;
    std::optional<Secret> before;
  };
  std::vector<File> written_;
};

}  // namespace

Result<void> check_delivery(const Delivery& delivery, const pki::Certificate& authority, bool again) {
  const Paths paths(delivery);
  if (!again)
    for (const auto& path : {paths.key, paths.container})
      if (io::exists(path))
        return failure(Error{"cannot write " + path, "there is a private key in it already, which would be lost",
                             "Give another folder with --out, or let it be replaced with --again"});
  if (!io::exists(paths.authority)) return {};
  TRY(const auto there, io::read_file(paths.authority, pki::kCertificateOctets));
  if (as_text(there) != pem_of(authority))
    return failure(Error{"cannot write " + paths.authority, "another CA is in it", "Give another folder with --out"});
  return {};
}

Result<std::vector<std::string>> deliver(const Delivery& delivery, const Made& made, const pki::Certificate& authority,
                                         bool again) {
  TRY_VOID(check_delivery(delivery, authority, again));
  const auto cannot = [&](const pki::MakingError& error) {
    return failure(Error{"cannot write the files of \"" + delivery.name + "\"", error.why, {}});
  };
  const auto key = pki::private_key_pem(made.key, {});
  if (!key) return cannot(key.error());
  Octets container;
  if (delivery.container) {
    auto packed = pki::make_pkcs12({delivery.name, delivery.container->cipher}, made.key, made.certificate,
                                   std::span(&authority, 1), delivery.container->passphrase);
    if (!packed) return cannot(packed.error());
    container = std::move(*packed);
  }
  const Paths paths(delivery);
  NewFiles files;
  TRY_VOID(io::make_folder(delivery.folder + "/x509"));
  TRY_VOID(io::make_folder(delivery.folder + "/x509ca"));
  TRY_VOID(io::make_folder(delivery.folder + "/private", 0700));
  TRY_VOID(files.write(paths.certificate, as_octets(pem_of(made.certificate)), 0644));
  TRY_VOID(files.write(paths.key, key->reveal(), 0600));
  TRY_VOID(files.write(paths.authority, as_octets(pem_of(authority)), 0644));
  if (delivery.container) TRY_VOID(files.write(paths.container, container, 0600));
  return files.keep();
}

}  // namespace keypact::ca
