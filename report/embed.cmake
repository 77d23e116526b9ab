# Run by CMake at build time: writes OUTPUT, a C++ source with the contents of FILES (separated by commas).

string(REPLACE "," ";" files "${FILES}")
set(text "// Generated at build time.
#include \"core/error.h\"
#include \"report/assets.h\"

namespace assay::report {

std::string_view asset(std::string_view name) {
")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME)
  file(READ ${file} content)
  string(APPEND text "  if (name == \"${name}\") return R\"assay(${content})assay\";\n")
endforeach()
string(APPEND text "  ASSAY_CHECK(name == \"the name of an asset\");
  return {};
}

}  // namespace assay::report
")
file(WRITE ${OUTPUT} "${text}")
