#include "app/doctor.h"

#include <algorithm>

#include "app/study_fixture.h"
#include "core/json.h"
#include "expect_error.h"

namespace assay::app {
namespace {

class DoctorTest : public StudyTest {
 protected:
  Finding find(const std::string& name) const {
    const auto all = list_examinations(context_);
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
    return found == all.end() ? Finding{Finding::Verdict::kFail, "no such examination"} : found->examine();
  }
};

TEST_F(DoctorTest, WritesAllLinesAndNamesWhatFailed) {
  const std::vector<Examination> examinations = {
      {"good",
       [] {
         return Finding{Finding::Verdict::kPass, "well"};
       }},
      {"absent",
       [] {
         return Finding{Finding::Verdict::kNotAvailable, "not here"};
       }},
      {"bad",
       [] {
         return Finding{Finding::Verdict::kFail, "wrong"};
       }},
      {"thrown", []() -> Finding { throw Error(ErrorKind::kData, "broken\nat length"); }}};
  EXPECT_ERROR(examine_all(context_, examinations), kConfig, "failed: bad, thrown");
  const auto lines = read_json(context_.folder / "doctor.json");
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1]["verdict"], "not available");
  EXPECT_EQ(lines[3]["verdict"], "FAIL");
  EXPECT_EQ(lines[3]["text"], "broken");
}

TEST_F(DoctorTest, TellsABudgetThatNobodyEnforces) {
  device_.enforced_by = "a promise";
  EXPECT_EQ(find("memory").verdict, Finding::Verdict::kFail);
  device_.enforced_by.clear();
  EXPECT_EQ(find("memory").verdict, Finding::Verdict::kNotAvailable);
}

TEST_F(DoctorTest, PassesWhatThisMachineCanDo) {
  for (const auto* name : {"device", "precision fp32", "BatchNorm", "int8 fbgemm", "images", "disk"}) {
    const auto finding = find(name);
    EXPECT_EQ(finding.verdict, Finding::Verdict::kPass) << name << ": " << finding.text;
  }
  EXPECT_EQ(find("precision tf32").verdict, Finding::Verdict::kNotAvailable);
  EXPECT_EQ(find("launch graph").verdict, Finding::Verdict::kNotAvailable);
}

TEST_F(DoctorTest, AFolderThatCannotBeFailsDiskAndImages) {
  folder_.write("file", "");
  context_.folder = folder_.path() / "file" / "below";
  EXPECT_ANY_THROW(find("images"));
  EXPECT_ANY_THROW(find("disk"));
}

}  // namespace
}  // namespace assay::app
