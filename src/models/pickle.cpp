#include "models/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "core/error.h"

namespace assay::models {
namespace {

/// Names the pickle opcodes that torch.save uses. Source: CPython, Lib/pickletools.py.
enum Opcode : std::uint8_t {
  kProto = 0x80,
  kStop = '.',
  kPopMark = '1',
  kPop = '0',
  kMarkOp = '(',
  kNone = 'N',
  kTrue = 0x88,
  kFalse = 0x89,
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kBinInt = 'J',
  kLong1 = 0x8a,
  kBinFloat = 'G',
  kBinUnicode = 'X',
  kShortBinString = 'U',
  kBinString = 'T',
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyList = ']',
  kEmptyDict = '}',
  kAppend = 'a',
  kAppends = 'e',
  kSetItem = 's',
  kSetItems = 'u',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kGlobalOp = 'c',
  kReduce = 'R',
  kNewObj = 0x81,
  kBuild = 'b',
  kBinPersId = 'Q',
};

constexpr std::size_t kMaxMemo = 1'000'000;
constexpr std::size_t kMaxValues = 4'000'000;  // each takes a hundred times the memory of its byte

/// Tells whether checkpoints of training call this, and it makes a number, a container or an object without behaviour.
/// Everything else may be code that somebody slipped in.
bool is_harmless(std::string_view function) {
  static const std::set<std::string_view> kHarmless = {"__builtin__.set",
                                                       "_codecs.encode",
                                                       "argparse.Namespace",
                                                       "builtins.set",
                                                       "collections.Counter",
                                                       "collections.defaultdict",
                                                       "numpy._core.multiarray._reconstruct",
                                                       "numpy._core.multiarray.scalar",
                                                       "numpy.core.multiarray._reconstruct",
                                                       "numpy.core.multiarray.scalar",
                                                       "numpy.dtype",
                                                       "pathlib.PosixPath",
                                                       "torch.Size",
                                                       "torch._tensor._rebuild_from_type_v2",
                                                       "torch.device"};
  return kHarmless.contains(function) || function.starts_with("torch._utils._rebuild_");
}

/// Returns text of the file as an error may show it.
std::string shown(std::string text) {
  constexpr std::size_t kMostShown = 80;
  if (text.size() > kMostShown) text = text.substr(0, kMostShown) + "...";
  std::replace_if(
      text.begin(), text.end(), [](char letter) { return letter < ' ' || letter > '~'; }, '?');
  return text;
}

}  // namespace

const PickleValue& PickleReader::read() {
  while (step()) {
  }
  return pop();
}

bool PickleReader::step() {
  using Action = void (PickleReader::*)(std::uint8_t);
  static const std::map<std::uint8_t, Action> kActions = {
      {kTrue, &PickleReader::read_number},
      {kFalse, &PickleReader::read_number},
      {kBinInt1, &PickleReader::read_number},
      {kBinInt2, &PickleReader::read_number},
      {kBinInt, &PickleReader::read_number},
      {kLong1, &PickleReader::read_number},
      {kBinUnicode, &PickleReader::read_string},
      {kShortBinString, &PickleReader::read_string},
      {kBinString, &PickleReader::read_string},
      {kGlobalOp, &PickleReader::read_global},
      {kEmptyTuple, &PickleReader::make_container},
      {kTuple, &PickleReader::make_container},
      {kTuple1, &PickleReader::make_container},
      {kTuple2, &PickleReader::make_container},
      {kTuple3, &PickleReader::make_container},
      {kEmptyList, &PickleReader::make_container},
      {kEmptyDict, &PickleReader::make_container},
      {kAppend, &PickleReader::extend_container},
      {kAppends, &PickleReader::extend_container},
      {kSetItem, &PickleReader::extend_container},
      {kSetItems, &PickleReader::extend_container},
      {kBinPut, &PickleReader::memorise},
      {kLongBinPut, &PickleReader::memorise},
      {kBinGet, &PickleReader::memorise},
      {kLongBinGet, &PickleReader::memorise},
      {kReduce, &PickleReader::call},
      {kNewObj, &PickleReader::call},
      {kBinPersId, &PickleReader::resolve_storage},
      {kMarkOp, &PickleReader::push_or_drop},
      {kNone, &PickleReader::push_or_drop},
      {kBinFloat, &PickleReader::push_or_drop},
      {kProto, &PickleReader::push_or_drop},
      {kPop, &PickleReader::push_or_drop},
      {kPopMark, &PickleReader::push_or_drop},
      {kBuild, &PickleReader::push_or_drop},
  };
  const auto opcode = static_cast<std::uint8_t>(take_unsigned(1));
  if (opcode == kStop) return false;
  const auto action = kActions.find(opcode);
  if (action == kActions.end()) fail(fmt::format("opcode 0x{:02x} is not one that torch.save writes", opcode));
  (this->*action->second)(opcode);
  return true;
}

/// Does what leaves no value of interest.
void PickleReader::push_or_drop(std::uint8_t opcode) {
  if (opcode == kMarkOp) push(Kind::kMark);
  if (opcode == kNone || opcode == kBinFloat) push(Kind::kOther);
  if (opcode == kProto) take(1);
  if (opcode == kBinFloat) take(8);
  if (opcode == kPop || opcode == kBuild) pop();  // kBuild's state, such as a state_dict's _metadata, is not needed
  if (opcode == kPopMark) pop_to_mark();
}

void PickleReader::read_global(std::uint8_t /*opcode*/) {
  const auto module = std::string(take_line());
  push(Kind::kGlobal).text = module + "." + std::string(take_line());
}

void PickleReader::read_number(std::uint8_t opcode) {
  std::int64_t number = 0;
  switch (opcode) {
    case kTrue:
      number = 1;
      break;
    case kFalse:
      break;
    case kBinInt1:
      number = static_cast<std::int64_t>(take_unsigned(1));
      break;
    case kBinInt2:
      number = static_cast<std::int64_t>(take_unsigned(2));
      break;
    case kBinInt:
      number = static_cast<std::int32_t>(take_unsigned(4));
      break;
    default: {  // a length, then that many bytes in two's complement
      const auto length = take_unsigned(1);
      if (length > 8) {  // no size or count of ours; torch.save's magic number is one
        take(length);
        push(Kind::kOther);
        return;
      }
      if (length == 0) break;
      const auto shift = 64 - 8 * length;
      number = static_cast<std::int64_t>(take_unsigned(length) << shift) >> shift;
    }
  }
  push(Kind::kInteger).integer = number;
}

void PickleReader::read_string(std::uint8_t opcode) {
  const auto length = take_unsigned(opcode == kShortBinString ? 1 : 4);
  const auto text = take(length);
  push(Kind::kString).text = text;
}

void PickleReader::make_container(std::uint8_t opcode) {
  std::vector<PickleValue*> items;
  if (opcode == kTuple) items = pop_to_mark();
  if (opcode >= kTuple1 && opcode <= kTuple3) {
    for (int i = 0; i <= opcode - kTuple1; ++i) items.push_back(&pop());
    std::reverse(items.begin(), items.end());
  }
  push(opcode == kEmptyDict ? Kind::kDict : Kind::kList).items = std::move(items);
}

void PickleReader::extend_container(std::uint8_t opcode) {
  std::vector<PickleValue*> items;
  if (opcode == kAppends || opcode == kSetItems) {
    items = pop_to_mark();
  } else {
    for (int i = 0; i < (opcode == kAppend ? 1 : 2); ++i) items.push_back(&pop());
    std::reverse(items.begin(), items.end());
  }
  const auto is_dict = opcode == kSetItem || opcode == kSetItems;
  if (is_dict && items.size() % 2 != 0) fail("a key without a value");
  auto& container = top(is_dict ? Kind::kDict : Kind::kList);
  container.items.insert(container.items.end(), items.begin(), items.end());
}

void PickleReader::memorise(std::uint8_t opcode) {
  const auto index = take_unsigned(opcode == kBinPut || opcode == kBinGet ? 1 : 4);
  if (opcode == kBinPut || opcode == kLongBinPut) {
    if (stack_.empty()) fail("nothing to memorise");
    if (index >= kMaxMemo) fail("memo index too large");
    if (memo_.size() <= index) memo_.resize(index + 1, nullptr);
    memo_[index] = stack_.back();
  } else {
    if (index >= memo_.size() || memo_[index] == nullptr) fail("memo entry not set");
    stack_.push_back(memo_[index]);
  }
}

void PickleReader::call(std::uint8_t /*opcode*/) {
  const auto& arguments = pop();
  const auto& function = pop();
  if (function.kind != Kind::kGlobal) fail("it calls what is no function");
  if (function.text == "torch._utils._rebuild_tensor_v2") {
    rebuild_tensor(arguments);
  } else if (function.text == "torch._utils._rebuild_parameter") {
    auto tensor = item(arguments, 0, Kind::kTensor).tensor;
    push(Kind::kTensor).tensor = std::move(tensor);
  } else if (function.text == "collections.OrderedDict") {
    push(Kind::kDict);
  } else if (is_harmless(function.text)) {
    push(Kind::kOther);
  } else {
    throw Error(
        ErrorKind::kData,
        fmt::format("Python would call {} to load it, which may be any code; nothing was called", shown(function.text)),
        "", "if you trust where it comes from, load it in Python and torch.save(model.state_dict(), path)");
  }
}

void PickleReader::rebuild_tensor(const PickleValue& arguments) {
  auto tensor = *item(arguments, 0, Kind::kStorage).tensor;
  tensor.offset = item(arguments, 1, Kind::kInteger).integer;
  const auto& sizes = item(arguments, 2, Kind::kList);
  const auto& strides = item(arguments, 3, Kind::kList);
  const auto rank = sizes.items.size();
  if (rank > kMostSides || strides.items.size() != rank) fail("a tensor of impossible rank");
  const auto length = tensor.storage.num_elements;
  if (tensor.offset < 0 || tensor.offset > length) fail("a tensor larger than its storage");
  auto room = length - 1 - tensor.offset;  // from the tensor's first element to the storage's last
  std::int64_t num_elements = 1;           // were no side empty
  auto is_empty = false, fits = room >= 0;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto size = tensor.sizes.emplace_back(item(sizes, i, Kind::kInteger).integer);
    const auto stride = tensor.strides.emplace_back(item(strides, i, Kind::kInteger).integer);
    if (size < 0 || stride < 0) fail("a tensor with a negative size or stride");
    is_empty = is_empty || size == 0;
    if (__builtin_mul_overflow(num_elements, std::max<std::int64_t>(size, 1), &num_elements)) {
      fail("a tensor larger than its storage");
    }
    std::int64_t step = 0;
    if (size > 1 && (__builtin_mul_overflow(size - 1, stride, &step) || step > room)) fits = false;
    if (fits) room -= step;
  }
  constexpr auto kMostElements = std::numeric_limits<std::int64_t>::max() / 8;
  if ((!is_empty && !fits) || num_elements > kMostElements) fail("a tensor larger than its storage");
  push(Kind::kTensor).tensor = std::make_shared<const StoredTensor>(std::move(tensor));
}

void PickleReader::resolve_storage(std::uint8_t /*opcode*/) {  // ("storage", type, key, device, number of elements)
  const auto& id = pop();
  const auto& type = item(id, 1, Kind::kGlobal).text;
  const auto row = std::find_if(kElementRows.begin(), kElementRows.end(),
                                [&](const auto& candidate) { return candidate.storage == type; });
  if (row == kElementRows.end()) fail("a storage of unknown type " + shown(type));
  StoredTensor storage;
  storage.key = item(id, 2, Kind::kString).text;
  storage.storage = {static_cast<ElementType>(row - kElementRows.begin()), item(id, 4, Kind::kInteger).integer};
  if (storage.storage.num_elements < 0 ||
      storage.storage.num_elements > std::numeric_limits<std::int64_t>::max() / row->num_bytes) {
    fail(fmt::format("storage {} claims {} elements", shown(storage.key), storage.storage.num_elements));
  }
  if (storages_.emplace(storage.key, storage.storage).first->second != storage.storage) {
    fail(fmt::format("storage {} is named with two sizes or types", shown(storage.key)));
  }
  push(Kind::kStorage).tensor = std::make_shared<const StoredTensor>(std::move(storage));
}

void PickleReader::fail(const std::string& what) const {
  throw Error(ErrorKind::kData, fmt::format("malformed pickle at byte {}: {}", position_, what));
}

std::string_view PickleReader::take(std::size_t count) {
  if (bytes_.size() - position_ < count) fail("it ends too early");
  const auto bytes = bytes_.substr(position_, count);
  position_ += count;
  return bytes;
}

std::string_view PickleReader::take_line() {
  const auto end = bytes_.find('\n', position_);
  if (end == std::string_view::npos) fail("it ends too early");
  const auto line = bytes_.substr(position_, end - position_);
  position_ = end + 1;
  return line;
}

std::uint64_t PickleReader::take_unsigned(std::size_t num_bytes) {
  const auto bytes = take(num_bytes);
  std::uint64_t number = 0;
  for (std::size_t i = num_bytes; i-- > 0;) number = number << 8 | static_cast<std::uint8_t>(bytes[i]);
  return number;
}

PickleValue& PickleReader::push(Kind kind) {
  if (values_.size() == kMaxValues) fail(fmt::format("more than {} values", kMaxValues));
  auto& value = values_.emplace_back();
  value.kind = kind;
  stack_.push_back(&value);
  return value;
}

PickleValue& PickleReader::pop() {
  if (stack_.empty()) fail("a value is missing");
  auto* value = stack_.back();
  stack_.pop_back();
  return *value;
}

PickleValue& PickleReader::top(Kind kind) {
  if (stack_.empty() || stack_.back()->kind != kind) fail("a list or dictionary is missing");
  return *stack_.back();
}

std::vector<PickleValue*> PickleReader::pop_to_mark() {
  const auto mark = std::find_if(stack_.rbegin(), stack_.rend(), [](const auto* v) { return v->kind == Kind::kMark; });
  if (mark == stack_.rend()) fail("a mark is missing");
  std::vector<PickleValue*> items(mark.base(), stack_.end());
  stack_.erase(mark.base() - 1, stack_.end());
  return items;
}

const PickleValue& PickleReader::item(const PickleValue& list, std::size_t index, Kind kind) const {
  if (list.kind != Kind::kList || index >= list.items.size() || list.items[index]->kind != kind)
    fail("an argument is missing or of the wrong type");
  return *list.items[index];
}

}  // namespace assay::models
