# assay_library, assay_executable, assay_tests, assay_experiment: the only ways in which targets are made.

# assay_library(NAME [TORCH] LINK targets...): one folder of src/ = one target assay::NAME of all its sources,
# but for main.cpp and NAME_module.cpp, which are programs and loaded libraries of their own.
function(assay_library name)
  cmake_parse_arguments(ARG "TORCH" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "(/main|_module)\\.cpp$")
  add_library(assay_${name} STATIC ${sources})
  add_library(assay::${name} ALIAS assay_${name})
  target_include_directories(assay_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(assay_${name} PUBLIC ${ARG_LINK} PRIVATE assay_flags)
  if(ARG_TORCH)
    target_link_libraries(assay_${name} PUBLIC torch_wheel::cpu)
    target_precompile_headers(assay_${name} REUSE_FROM assay_torch_pch)
  endif()
endfunction()

# assay_executable(NAME SOURCES... LINK targets...)
function(assay_executable name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} assay_flags)
  if(ARG_TORCH)
    target_compile_options(${name} PRIVATE -fPIC)  # as the precompiled header was made; CMake's own -fPIE would refuse it
    target_precompile_headers(${name} REUSE_FROM assay_torch_pch)
  endif()
endfunction()

# assay_experiment(NAME): experiments/NAME/main.cpp -> bin/engines/NAME_engine, which links LibTorch; bin/engines/NAME.json, what its
# options are; bin/NAME, the command that users start.
function(assay_experiment name)
  set(folder ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/engines)
  assay_executable(${name}_engine TORCH SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/${name}/main.cpp LINK assay::app)
  set_target_properties(${name}_engine PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${folder})
  add_custom_command(
    TARGET ${name}_engine POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0 ${folder}/${name}_engine --catalogue ${folder}/${name}.json
    VERBATIM)
  assay_executable(${name} SOURCES ${PROJECT_SOURCE_DIR}/src/front/main.cpp LINK assay::front)
  target_compile_definitions(${name} PRIVATE ASSAY_EXPERIMENT="${name}")
  add_dependencies(${name} ${name}_engine)
endfunction()

# assay_tests(FOLDER [TORCH] [SERIAL] LINK targets... [LABELS labels...]): tests/FOLDER/*_test.cpp -> bin/test_FOLDER, each case
# a ctest; with SERIAL the whole program is one, since its cases share something that is slow to start, and it runs alone.
function(assay_tests folder)
  cmake_parse_arguments(ARG "TORCH;SERIAL" "" "LINK;LABELS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.cpp)
  set(torch_flag)
  if(ARG_TORCH)
    set(torch_flag TORCH)
  endif()
  assay_executable(test_${folder} ${torch_flag} SOURCES ${sources} LINK ${ARG_LINK} GTest::gmock GTest::gtest_main)
  target_include_directories(test_${folder} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(test_${folder} PRIVATE ASSAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ASSAY_BINARY_DIR="${CMAKE_BINARY_DIR}")
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(ARG_SERIAL)
    add_test(NAME test_${folder} COMMAND test_${folder})
    set_tests_properties(test_${folder} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 900 RUN_SERIAL ON SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
    return()
  endif()
  # Tests run side by side: OpenMP's threads, which spin while they wait, would take the cores from each other.
  gtest_discover_tests(
    test_${folder} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 900 ENVIRONMENT "OMP_NUM_THREADS=1")
endfunction()

# assay_fuzzer(NAME [SOURCES files of src/...] LINK targets...): tests/fuzz/NAME_fuzz.cpp -> bin/fuzz_NAME
function(assay_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  list(TRANSFORM ARG_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/src/)
  assay_executable(fuzz_${name} SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${name}_fuzz.cpp ${ARG_SOURCES} LINK ${ARG_LINK})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()

include(GoogleTest)

if(ASSAY_TORCH)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/torch_pch.cpp CONTENT "// The one owner of the precompiled header.\n")
  add_library(assay_torch_pch STATIC ${CMAKE_BINARY_DIR}/torch_pch.cpp)
  target_precompile_headers(assay_torch_pch PRIVATE <torch/torch.h> <fmt/format.h> <nlohmann/json.hpp>)
  target_link_libraries(assay_torch_pch PUBLIC torch_wheel::cpu fmt::fmt nlohmann_json::nlohmann_json PRIVATE assay_flags)
endif()
