# Imports LibTorch from the installed `torch` wheel, without a CUDA toolkit and without TorchConfig.cmake, which demands one.
#   in:  LIBTORCH_ROOT, the wheel's folder .../site-packages/torch
#   out: torch_wheel::cpu; torch_wheel::cuda for the library that is loaded where there is a GPU. CUDA is loaded at run time (device/cuda.h), so that one binary serves both kinds of machine

if(NOT LIBTORCH_ROOT)
  file(GLOB LIBTORCH_ROOT ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
endif()
set(LIBTORCH_ROOT "${LIBTORCH_ROOT}" CACHE PATH "Folder of the installed torch wheel")

find_path(TorchWheel_INCLUDE_DIR torch/csrc/api/include/torch/torch.h PATHS ${LIBTORCH_ROOT}/include NO_DEFAULT_PATH)
find_library(TorchWheel_CPU_LIBRARY torch_cpu PATHS ${LIBTORCH_ROOT}/lib NO_DEFAULT_PATH)
find_library(TorchWheel_C10_LIBRARY c10 PATHS ${LIBTORCH_ROOT}/lib NO_DEFAULT_PATH)
if(TorchWheel_INCLUDE_DIR)
  file(STRINGS ${TorchWheel_INCLUDE_DIR}/torch/headeronly/version.h _version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH)")
  string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+).*" "\\1.\\2.\\3" TorchWheel_VERSION "${_version_lines}")
endif()

find_library(TorchWheel_CUDA_LIBRARY torch_cuda PATHS ${LIBTORCH_ROOT}/lib NO_DEFAULT_PATH)
find_library(TorchWheel_C10_CUDA_LIBRARY c10_cuda PATHS ${LIBTORCH_ROOT}/lib NO_DEFAULT_PATH)
file(GLOB _nvidia_headers ${LIBTORCH_ROOT}/../nvidia/*/include)
find_path(TorchWheel_CUDA_INCLUDE_DIR cuda_runtime_api.h PATHS ${_nvidia_headers} NO_DEFAULT_PATH)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  TorchWheel
  REQUIRED_VARS TorchWheel_CPU_LIBRARY TorchWheel_C10_LIBRARY TorchWheel_INCLUDE_DIR TorchWheel_CUDA_LIBRARY TorchWheel_C10_CUDA_LIBRARY
                TorchWheel_CUDA_INCLUDE_DIR
  VERSION_VAR TorchWheel_VERSION
  REASON_FAILURE_MESSAGE "run `make setup`, or pass -DLIBTORCH_ROOT=<site-packages>/torch, or use --preset notorch")

function(_import_torch_library target location)
  add_library(${target} SHARED IMPORTED)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${location})
  # Behind the system's own headers: the wheel brings another fmt, whose functions no library here provides.
  target_compile_options(
    ${target} INTERFACE "SHELL:-idirafter ${TorchWheel_INCLUDE_DIR}"
                        "SHELL:-idirafter ${TorchWheel_INCLUDE_DIR}/torch/csrc/api/include")
endfunction()

_import_torch_library(torch_wheel::c10 ${TorchWheel_C10_LIBRARY})
_import_torch_library(torch_wheel::torch_cpu ${TorchWheel_CPU_LIBRARY})
add_library(torch_wheel::cpu INTERFACE IMPORTED)
target_link_libraries(torch_wheel::cpu INTERFACE torch_wheel::torch_cpu torch_wheel::c10)
# The NVIDIA libraries that libtorch_cpu.so names are found through the wheel's own run path, which the linker does not follow.
target_link_options(torch_wheel::cpu INTERFACE $<$<PLATFORM_ID:Linux>:-Wl,--allow-shlib-undefined>)

_import_torch_library(torch_wheel::torch_cuda ${TorchWheel_CUDA_LIBRARY})
_import_torch_library(torch_wheel::c10_cuda ${TorchWheel_C10_CUDA_LIBRARY})
add_library(torch_wheel::cuda INTERFACE IMPORTED)
target_include_directories(torch_wheel::cuda SYSTEM INTERFACE ${TorchWheel_CUDA_INCLUDE_DIR})
target_link_libraries(torch_wheel::cuda INTERFACE torch_wheel::cpu torch_wheel::torch_cuda torch_wheel::c10_cuda)
