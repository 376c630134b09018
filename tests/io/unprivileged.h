// Permissions do not bind the superuser: tests of them run as somebody else.
#pragma once

#include <filesystem>
#include <unistd.h>

namespace lora::test {

/// While it lives, the process is not the superuser; the directory is opened to whoever it is then.
class Unprivileged {
 public:
  explicit Unprivileged(const std::filesystem::path& directory) {
    if (::geteuid() != 0) return;
    std::filesystem::permissions(directory, std::filesystem::perms::all);
    switched_ = ::seteuid(kNobody) == 0;
  }
  ~Unprivileged() {
    if (switched_ && ::seteuid(0) != 0) std::terminate();
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

  /// False in a container that gives the superuser no other identity: nothing can be tested then.
  bool works() const { return ::geteuid() != 0; }

 private:
  static constexpr uid_t kNobody = 65534;
  bool switched_ = false;
};

}  // namespace lora::test
