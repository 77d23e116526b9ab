#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace assay {

/// Cause of an error; the number is the exit code of the process.
enum class ErrorKind {
  kInternal = 1,  ///< a bug in Assay
  kConfig = 2,    ///< configuration or usage
  kData = 3,      ///< data sets, checkpoints, files and disks
};

/// An error that the user can fix, or a fault of the environment: what happened, where, and what to do.
/// Thrown anywhere, caught only by run_main and by the assay command's main.
class Error : public std::runtime_error {
 public:
  /// Builds the text "<message> (<location>)\n  hint: <hint>"; empty parts are omitted, logins in addresses masked.
  Error(ErrorKind kind, std::string message, std::string location = "", std::string hint = "");

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& location() const { return location_; }
  const std::string& hint() const { return hint_; }

 private:
  ErrorKind kind_;
  std::string message_;
  std::string location_;
  std::string hint_;
};

namespace detail {

[[noreturn]] void check_failed(std::string_view expression, const std::string& values, const char* file, int line);

/// Captures the left side of the comparison in ASSAY_CHECK, so that a failure can print both sides.
template <typename Left>
struct CheckedLeft {
  const Left& left;
  std::string* values;

  template <typename Right>
  bool operator==(const Right& right) const {
    return keep(left == right, right);
  }
  template <typename Right>
  bool operator!=(const Right& right) const {
    return keep(left != right, right);
  }
  template <typename Right>
  bool operator<(const Right& right) const {
    return keep(left < right, right);
  }
  template <typename Right>
  bool operator<=(const Right& right) const {
    return keep(left <= right, right);
  }
  template <typename Right>
  bool operator>(const Right& right) const {
    return keep(left > right, right);
  }
  template <typename Right>
  bool operator>=(const Right& right) const {
    return keep(left >= right, right);
  }
  explicit operator bool() const { return keep(static_cast<bool>(left), true); }

  template <typename Right>
  bool keep(bool holds, const Right& right) const {
    if (!holds) *values = fmt::format("{} vs {}", left, right);
    return holds;
  }
};

struct CheckStart {
  std::string* values;

  template <typename Left>
  CheckedLeft<Left> operator<<(const Left& left) const {
    return {left, values};
  }
};

}  // namespace detail
}  // namespace assay

/// Throws std::logic_error with the expression and both sides unless it holds; active in every build type.
/// For bugs of ours only: ASSAY_CHECK(a == b). Both sides must be formattable by fmt.
#define ASSAY_CHECK(expression)                                                       \
  do {                                                                                \
    std::string assay_values;                                                         \
    if (!static_cast<bool>(::assay::detail::CheckStart{&assay_values} << expression)) \
      ::assay::detail::check_failed(#expression, assay_values, __FILE__, __LINE__);   \
  } while (false)
