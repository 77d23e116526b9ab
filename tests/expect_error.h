#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

/// Expects that `statement` throws assay::Error of the kind, with a text that contains `part`.
#define EXPECT_ERROR(statement, expected_kind, part)                      \
  do {                                                                    \
    try {                                                                 \
      statement;                                                          \
      ADD_FAILURE() << "no error from " #statement;                       \
    } catch (const ::assay::Error& error) {                               \
      EXPECT_EQ(error.kind(), ::assay::ErrorKind::expected_kind);         \
      EXPECT_THAT(std::string(error.what()), ::testing::HasSubstr(part)); \
    }                                                                     \
  } while (false)
