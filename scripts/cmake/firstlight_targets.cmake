# Compile options shared by every target of the project, and the function that adds a stage. Warnings and the like
# are for this build alone; who uses the installed libraries chooses their own.
add_library(firstlight_options INTERFACE)
target_compile_features(firstlight_options INTERFACE cxx_std_20)
# -ffp-contract=off: the same bits on every x86-64 machine, whichever instruction set FL_SIMD picks.
target_compile_options(firstlight_options INTERFACE
  "$<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wshadow;-Wconversion;-Wno-sign-conversion;-Wno-missing-field-initializers;-Wno-restrict;-Wno-dangling-else;-ffp-contract=off>>"
  "$<BUILD_INTERFACE:$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${FIRSTLIGHT_WERROR}>>:-Werror>>")
target_compile_definitions(firstlight_options INTERFACE $<BUILD_INTERFACE:H5_USE_110_API>)
target_include_directories(firstlight_options INTERFACE
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/firstlight-root>)
if(FIRSTLIGHT_SANITIZE)
  target_compile_options(firstlight_options INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${FIRSTLIGHT_SANITIZE};-fno-omit-frame-pointer;-fno-sanitize-recover=undefined>")
  target_link_options(firstlight_options INTERFACE -fsanitize=${FIRSTLIGHT_SANITIZE})
endif()

# firstlight_stage(FAMILY STEM): kernels/FAMILY/STEM.cpp goes into the kernels, STEM.cu into the CUDA libraries.
set_property(GLOBAL PROPERTY FIRSTLIGHT_CUDA_SOURCES "")
function(firstlight_stage family stem)
  target_sources(firstlight_kernels PRIVATE ${family}/${stem}.cpp)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${family}/${stem}.cu)
    set_property(GLOBAL APPEND PROPERTY FIRSTLIGHT_CUDA_SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/${family}/${stem}.cu)
  endif()
endfunction()
