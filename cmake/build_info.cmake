# Records what was built, and from what, in a generated source of src/core; refreshed at each build, rewritten only when it changes.

set(ASSAY_BUILD_INFO_CPP ${CMAKE_BINARY_DIR}/generated/build_info.cpp)
add_custom_target(
  assay_build_info
  BYPRODUCTS ${ASSAY_BUILD_INFO_CPP}
  COMMAND
    ${CMAKE_COMMAND} -DOUTPUT=${ASSAY_BUILD_INFO_CPP} -DSOURCE_DIR=${PROJECT_SOURCE_DIR} -DBUILD_TYPE=${CMAKE_BUILD_TYPE}
    "-DCOMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}" -DVERSION=${PROJECT_VERSION}
    -DTORCH_VERSION=${TorchWheel_VERSION} -P ${PROJECT_SOURCE_DIR}/cmake/write_build_info.cmake
  VERBATIM)
