#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::models {

/// One value of a pickle. What was not asked for (functions, objects) is kept as kOther and never run.
struct PickleValue {
  enum class Kind { kOther, kMark, kInteger, kString, kList, kDict, kGlobal, kStorage, kTensor };

  Kind kind = Kind::kOther;
  std::int64_t integer = 0;
  std::string text;                 ///< of a string; "module.name" of a global
  std::vector<PickleValue*> items;  ///< of a list or tuple; key, value, key, value... of a dict
  at::Tensor tensor;                ///< of a tensor; flat for a storage
};

/// Reads pickles as torch.save writes them (protocol 2), building numbers, strings, containers and tensors and nothing
/// else: no code named in the file is ever looked up or called. All values live as long as the reader.
class PickleReader {
 public:
  /// Returns the flat tensor stored under `key`, of `num_elements` elements of `type`.
  using LoadStorage = std::function<at::Tensor(const std::string& key, at::ScalarType type, std::int64_t num_elements)>;

  PickleReader(std::string_view bytes, LoadStorage load_storage);

  /// Reads the value of the next pickle; most hold one. Errors: Error(kData), without location, saying what is
  /// malformed and at which byte.
  const PickleValue& read();

  /// Returns where reading has come to. Units: bytes.
  std::size_t position() const { return position_; }

 private:
  using Kind = PickleValue::Kind;

  bool step();
  void read_number(std::uint8_t opcode);
  void read_string(std::uint8_t opcode);
  void make_container(std::uint8_t opcode);
  void extend_container(std::uint8_t opcode);
  void memorise(std::uint8_t opcode);
  void call(std::uint8_t opcode);
  void resolve_storage(std::uint8_t opcode);
  void read_global(std::uint8_t opcode);
  void push_or_drop(std::uint8_t opcode);
  PickleValue& rebuild_tensor(const PickleValue& arguments);

  [[noreturn]] void fail(const std::string& what) const;
  std::string_view take(std::size_t count);
  std::string_view take_line();
  std::uint64_t take_unsigned(std::size_t num_bytes);
  PickleValue& push(Kind kind);
  PickleValue& pop();
  PickleValue& top(Kind kind);
  std::vector<PickleValue*> pop_to_mark();
  const PickleValue& item(const PickleValue& list, std::size_t index, Kind kind) const;

  std::string_view bytes_;
  LoadStorage load_storage_;
  std::size_t position_ = 0;
  std::deque<PickleValue> values_;  ///< owns; pointers stay valid, and freeing needs no recursion
  std::vector<PickleValue*> stack_;
  std::vector<PickleValue*> memo_;
};

}  // namespace assay::models
