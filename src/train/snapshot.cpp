#include "train/snapshot.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <sstream>

#include "core/checked_file.h"
#include "core/error.h"
#include "core/terminal.h"

namespace assay::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKind = "checkpoint";
constexpr std::size_t kNumKept = 2;

std::string key_of(std::size_t i) { return fmt::format("t{}", i); }  // names have dots, at which archives nest

}  // namespace

void save_snapshot(const Snapshot& snapshot, const fs::path& file) {
  torch::serialize::OutputArchive archive;
  auto names = Json::array();
  for (std::size_t i = 0; i < snapshot.tensors.size(); ++i) {
    const auto& [name, value] = snapshot.tensors[i];
    names.push_back(name);
    archive.write(key_of(i), value.detach().to(torch::kCPU));
  }
  const Json header = {{"settings", snapshot.settings}, {"counters", snapshot.counters}, {"tensors", names}};
  archive.write("header", c10::IValue(format_json(header)));
  std::ostringstream bytes;
  archive.save_to(bytes);
  write_checked_file(file, kKind, bytes.view());
}

Snapshot load_snapshot(const fs::path& file) {
  std::istringstream bytes(read_checked_file(file, kKind));
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(bytes);
    c10::IValue text;
    archive.read("header", text);
    const auto header = Json::parse(text.toStringRef());
    Snapshot snapshot{header.at("settings").get<Settings>(), header.at("counters"), {}};
    for (const auto& name : header.at("tensors")) {
      at::Tensor value;
      archive.read(key_of(snapshot.tensors.size()), value);
      snapshot.tensors.emplace_back(name.get<std::string>(), value);
    }
    return snapshot;
  } catch (const std::exception& error) {
    const std::string reason = error.what();
    throw Error(ErrorKind::kData,
                fmt::format("{} is not a checkpoint: {}", file.string(), reason.substr(0, reason.find('\n'))), "",
                "remove it and train again");
  }
}

void restore_tensors(const NamedTensors& saved, const NamedTensors& live) {
  const std::map<std::string, at::Tensor> by_name(saved.begin(), saved.end());
  for (const auto& [name, value] : live) {
    const auto found = by_name.find(name);
    if (found != by_name.end() && found->second.sizes() == value.sizes()) continue;
    throw Error(ErrorKind::kData,
                fmt::format("the checkpoint does not fit: {}",
                            found == by_name.end() ? name + " is missing" : name + " has another shape"),
                "", "train.checkpoint.resume=never starts again");
  }
  const torch::NoGradGuard no_grad;
  for (const auto& [name, value] : live) at::Tensor(value).copy_(by_name.at(name));
}

void check_settings(const Settings& saved, const Settings& current) {
  std::map<std::string, std::pair<std::string, std::string>> both;
  for (const auto& [key, value] : saved) both[key].first = value;
  for (const auto& [key, value] : current) both[key].second = value;
  std::string differences;
  for (const auto& [key, values] : both) {
    if (values.first == values.second) continue;
    const auto shown = [](const std::string& value) { return value.empty() ? "nothing" : value; };
    differences += fmt::format("\n  {}: {} in the checkpoint, {} now", key, shown(values.first), shown(values.second));
  }
  if (differences.empty()) return;
  throw Error(ErrorKind::kConfig, "the checkpoint belongs to another configuration:" + differences, "",
              "train.checkpoint.resume=never starts again");
}

void SnapshotFolder::save(const Snapshot& snapshot, std::int64_t step) const {
  save_snapshot(snapshot, folder_ / fmt::format("step-{:09}.ckpt", step));
  const auto files = newest_first();
  std::error_code ignored;  // an extra file does no harm
  for (std::size_t i = kNumKept; i < files.size(); ++i) fs::remove(files[i], ignored);
}

std::optional<Snapshot> SnapshotFolder::newest() const {
  for (const auto& file : newest_first()) {
    try {
      return load_snapshot(file);
    } catch (const Error& error) {
      print_status("not resumed from: {}\n", error.what());
      auto kept = file;
      kept += ".damaged";  // otherwise it would count as one of the newest
      std::error_code ignored;
      fs::rename(file, kept, ignored);
    }
  }
  return std::nullopt;
}

void SnapshotFolder::clear() const {
  std::error_code ignored;
  for (const auto& file : newest_first()) fs::remove(file, ignored);
}

std::vector<fs::path> SnapshotFolder::newest_first() const {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("step-") && name.ends_with(".ckpt")) files.push_back(entry.path());
  }
  std::sort(files.rbegin(), files.rend());
  return files;
}

}  // namespace assay::train
