# Finds nvcc and adds the CUDA library; the emulated one, for tests, is built from the same .cu files by the host
# compiler (tests/support/cuda_on_host.hpp).
set(FIRSTLIGHT_HAS_CUDA OFF)
if(NOT FIRSTLIGHT_CUDA STREQUAL "OFF" AND NOT FIRSTLIGHT_SANITIZE)
  set(CMAKE_CUDA_ARCHITECTURES_DEFAULT 75;90)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES ${CMAKE_CUDA_ARCHITECTURES_DEFAULT} CACHE STRING "CUDA architectures")
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    # CMake before 3.25.2 does not know that nvcc 12 and later compile C++20, nor by which flag.
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
      set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
    endif()
    find_package(CUDAToolkit REQUIRED)
    set(FIRSTLIGHT_HAS_CUDA ON)
  elseif(FIRSTLIGHT_CUDA STREQUAL "ON")
    message(FATAL_ERROR "FIRSTLIGHT_CUDA=ON but no nvcc was found: install the CUDA toolkit or run scripts/demo --cuda")
  endif()
endif()
message(STATUS "firstlight: CUDA library ${FIRSTLIGHT_HAS_CUDA}")

function(firstlight_add_cuda_library)
  get_property(sources GLOBAL PROPERTY FIRSTLIGHT_CUDA_SOURCES)
  add_library(firstlight_cuda SHARED ${sources} ${CMAKE_SOURCE_DIR}/kernels/support/queue_cuda.cu)
  # The kernels' host side calls some of firstlight_kernels. What is missing is to fail here, not where a GPU is.
  target_link_options(firstlight_cuda PRIVATE LINKER:--no-undefined)
  target_compile_options(firstlight_cuda PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr --extended-lambda -fmad=false -diag-suppress=20012
      -Xcompiler=-Wall,-Wextra -Werror=all-warnings>)
  set_target_properties(firstlight_cuda PROPERTIES CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON)
  target_include_directories(firstlight_cuda PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(firstlight_cuda PRIVATE H5_USE_110_API)
  target_link_libraries(firstlight_cuda PRIVATE firstlight_kernels CUDA::cudart CUDA::cufft)
  install(TARGETS firstlight_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

set(FIRSTLIGHT_CUDA_ON_HOST_SOURCES
  ${CMAKE_SOURCE_DIR}/tests/support/cuda_on_host.cpp
  ${CMAKE_SOURCE_DIR}/tests/support/cuda_on_host_device.cpp
  ${CMAKE_SOURCE_DIR}/tests/support/cuda_on_host_runtime.cpp
  ${CMAKE_SOURCE_DIR}/tests/support/cuda_on_host_shared.cpp)
function(firstlight_add_emulated_cuda_library)
  get_property(sources GLOBAL PROPERTY FIRSTLIGHT_CUDA_SOURCES)
  list(APPEND sources ${CMAKE_SOURCE_DIR}/kernels/support/queue_cuda.cu)
  # One translation unit per .cu, compiled as C++ through a one-line wrapper, so that nvcc keeps its own rule for .cu.
  set(wrappers)
  foreach(source IN LISTS sources)
    file(RELATIVE_PATH stem ${CMAKE_SOURCE_DIR} ${source})
    string(REPLACE "/" "_" stem ${stem})
    set(wrapper ${CMAKE_BINARY_DIR}/emulated/${stem}.cpp)
    file(GENERATE OUTPUT ${wrapper} CONTENT "#include \"${source}\"\n")
    list(APPEND wrappers ${wrapper})
  endforeach()
  add_library(firstlight_cuda_emulated SHARED EXCLUDE_FROM_ALL ${wrappers}
    ${FIRSTLIGHT_CUDA_ON_HOST_SOURCES})
  target_compile_definitions(firstlight_cuda_emulated PRIVATE FIRSTLIGHT_CUDA_ON_HOST)
  target_link_libraries(firstlight_cuda_emulated PRIVATE firstlight_options firstlight_kernels Threads::Threads)
endfunction()
