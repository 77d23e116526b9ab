#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"
#include "config/section.h"
#include "data/augmentation.h"

namespace assay::data {

/// Options of what brings images to the network (table `loader` of a data set).
struct LoaderOptions {
  double validation_fraction = 0.1;
  std::optional<std::int64_t> num_workers;
  bool keep_partial_batch = false;
  std::string fit = "pad";
  std::string sampling = "shuffle";
  bool cache = true;

  static auto schema() {
    return config::schema<LoaderOptions>(
        config::field("validation_fraction", &LoaderOptions::validation_fraction, config::between(0.0, 0.9),
                      "share of the training set that chooses the best epoch; at least one image must remain on each "
                      "side"),
        config::field("num_workers", &LoaderOptions::num_workers, config::between(0, 64),
                      "threads that prepare batches ahead; changes no result; auto: as the class of device says")
            .outside_run_key(),
        config::field("keep_partial_batch", &LoaderOptions::keep_partial_batch,
                      "train on the smaller last batch of an epoch, too, unless it is a single image"),
        config::field("fit", &LoaderOptions::fit, config::one_of("pad", "crop", "stretch"),
                      "how images of other sizes become the network's: pad: whole, on grey; crop: cut off on both "
                      "sides; stretch: without keeping the aspect ratio"),
        config::field("sampling", &LoaderOptions::sampling, config::one_of("shuffle", "balanced"),
                      "images of an epoch: shuffle: each once; balanced: as many, drawn with repetition, each class as "
                      "often as another"),
        config::field("cache", &LoaderOptions::cache,
                      "keep images of files in memory once they are decoded, where a quarter of the memory suffices; "
                      "changes no result")
            .outside_run_key());
  }
};

/// Options that every data set shares.
struct LoadingOptions {
  LoaderOptions loader;
  std::vector<std::string> augment = {"padded_crop", "flip"};
  config::Section augmentations;
  std::string check = "warn";
  std::int64_t near_duplicates = 0;

  static auto schema() {
    return config::schema<LoadingOptions>(
        config::field("loader", &LoadingOptions::loader, "how images reach the network"),
        config::field("augment", &LoadingOptions::augment,
                      "how training images are varied, in this order: names of augmentations, or of tables below")
            .names_tables_of("augmentations"),
        config::plugins("augmentations", &LoadingOptions::augmentations, describe_augmentations,
                        "options of the augmentations that are used"),
        config::field("check", &LoadingOptions::check, config::one_of("off", "warn", "stop"),
                      "look for unreadable, equal and wrongly labelled images before training; warn: report them and "
                      "go on; stop: end with exit code 3")
            .outside_run_key(),
        config::field("near_duplicates", &LoadingOptions::near_duplicates, config::between(0, 10).in("bits"),
                      "the check also reports images that look alike: those whose gradient hashes of 64 bits differ in "
                      "at most so many; 0: off")
            .outside_run_key());
  }
};

/// Reads what loading adds to the section `data`; what is absent keeps its default.
/// Errors: Error(kConfig) listing every mistake.
LoadingOptions read_loading_options(const config::Section& data);

}  // namespace assay::data
