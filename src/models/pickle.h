#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/element_type.h"

namespace assay::models {

/// Numbers of one type that tensors are views of; their bytes lie apart from the pickle.
struct Storage {
  ElementType type = ElementType::kFloat32;
  std::int64_t num_elements = 0;
  bool operator==(const Storage&) const = default;
};

/// A view of a storage that does not reach out of it. Units: elements.
struct StoredTensor {
  std::string key;  ///< of the storage
  Storage storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> sizes, strides;
};

/// One value of a pickle. What was not asked for (functions, objects) is kept as kOther and never run.
struct PickleValue {
  enum class Kind { kOther, kMark, kInteger, kString, kList, kDict, kGlobal, kStorage, kTensor };

  Kind kind = Kind::kOther;
  std::int64_t integer = 0;
  std::string text;                            ///< of a string; "module.name" of a global
  std::vector<PickleValue*> items;             ///< of a list or tuple; key, value, key, value... of a dict
  std::shared_ptr<const StoredTensor> tensor;  ///< of a tensor; only with key and storage for a storage
};

/// Reads pickles as torch.save writes them (protocol 2), building numbers, strings, containers and descriptions of
/// tensors and nothing else: no code named in the file is ever looked up or called, and a pickle that would have Python
/// call anything but what makes numbers and containers is refused. All values live as long as the reader.
class PickleReader {
 public:
  explicit PickleReader(std::string_view bytes) : bytes_(bytes) {}

  /// Reads the value of the next pickle; most hold one. Errors: Error(kData), without location, saying what is
  /// malformed and at which byte, or what would be called.
  const PickleValue& read();

  /// Returns all storages met so far, by key.
  const std::map<std::string, Storage>& storages() const { return storages_; }

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
  void rebuild_tensor(const PickleValue& arguments);

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
  std::size_t position_ = 0;
  std::deque<PickleValue> values_;  ///< owns; pointers stay valid, and freeing needs no recursion
  std::vector<PickleValue*> stack_;
  std::vector<PickleValue*> memo_;
  std::map<std::string, Storage> storages_;
};

}  // namespace assay::models
