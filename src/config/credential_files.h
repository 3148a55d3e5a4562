// CredentialFiles: the octets of the certificates and keys that settings name and that swanctl's folders hold. Each file is read
// once, however many connections name it.
#pragma once

#include <map>

#include "config/file_source.h"
#include "config/section_reader.h"

namespace keypact::config {

class CredentialFiles {
 public:
  /// Of a configuration in files: a name without a slash in front is looked for in its folder below `directory`.
  CredentialFiles(FileSource& source, std::string directory, Problems& problems)
      : source_(source), directory_(std::move(directory)), problems_(problems) {}
  /// Of a message of the control interface, whose lists hold the octets themselves.
  static CredentialFiles of_message(FileSource& source, Problems& problems) {
    CredentialFiles files(source, {}, problems);
    files.of_message_ = true;
    return files;
  }

  /// The items of `certs`, `cacerts` or `pubkeys`: names of files, or octets after 0x or 0s. What cannot be read is an error.
  [[nodiscard]] std::vector<CredentialFile> listed(SectionReader& reader, std::string_view setting,
                                                   std::string_view folder);
  /// The value of `file` or `cacert`.
  [[nodiscard]] std::optional<CredentialFile> named(SectionReader& reader, const Setting& setting,
                                                    std::string_view folder);
  /// All files of one of the folders.
  [[nodiscard]] std::vector<CredentialFile> all_in(std::string_view folder);

 private:
  std::optional<CredentialFile> item(SectionReader& reader, const Setting& setting, std::string_view text,
                                     std::string_view folder);
  /// Nothing when it cannot be read: then `why` is told.
  std::optional<CredentialFile> file(const std::string& path, const SourcePosition& at, const std::string& named_by);
  [[nodiscard]] std::string path_of(std::string_view folder, std::string_view name) const;

  FileSource& source_;
  std::string directory_;
  Problems& problems_;
  bool of_message_ = false;
  std::map<std::string, std::shared_ptr<const Secret>> read_;
  std::size_t octets_ = 0;
  bool told_too_many_ = false;
};

}  // namespace keypact::config
