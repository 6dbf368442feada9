# Installs the program, the libraries with their headers, and the CMake package by which other projects find them:
#
#   find_package(firstlight REQUIRED)
#   target_link_libraries(mine PRIVATE firstlight::host)     # or firstlight::kernels alone
include(CMakePackageConfigHelpers)

# Headers keep their paths, so that #include "kernels/support/views.hpp" means the same here and there.
set(firstlight_header_root ${CMAKE_INSTALL_INCLUDEDIR}/firstlight-root)
foreach(folder kernels host)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/${folder} DESTINATION ${firstlight_header_root}
    FILES_MATCHING PATTERN "*.hpp" PATTERN cli EXCLUDE PATTERN python EXCLUDE)
endforeach()

set_target_properties(firstlight_options PROPERTIES EXPORT_NAME options)
set_target_properties(firstlight_kernels PROPERTIES EXPORT_NAME kernels)
set_target_properties(firstlight_host PROPERTIES EXPORT_NAME host)
install(TARGETS firstlight_options firstlight_kernels firstlight_host EXPORT firstlight_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

set(firstlight_package ${CMAKE_INSTALL_LIBDIR}/cmake/firstlight)
install(EXPORT firstlight_targets NAMESPACE firstlight:: DESTINATION ${firstlight_package})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/firstlight-config.cmake.in
  ${CMAKE_BINARY_DIR}/generated/firstlight-config.cmake INSTALL_DESTINATION ${firstlight_package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/firstlight-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/generated/firstlight-config.cmake
  ${CMAKE_BINARY_DIR}/generated/firstlight-config-version.cmake DESTINATION ${firstlight_package})

if(TARGET firstlight_cuda)
  # Where the toolkit came from wheels, its libraries are found in the folder they were linked from.
  set_target_properties(firstlight_cuda PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
endif()

if(TARGET firstlight)
  install(TARGETS firstlight RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # The program describes itself: its man page and its completions are made from the same command tree as --help.
  set(described ${CMAKE_BINARY_DIR}/generated/described)
  add_custom_command(OUTPUT ${described}/firstlight.1 ${described}/firstlight.bash ${described}/_firstlight
    COMMAND ${CMAKE_COMMAND} -E make_directory ${described}
    COMMAND firstlight man > ${described}/firstlight.1
    COMMAND firstlight completion bash > ${described}/firstlight.bash
    COMMAND firstlight completion zsh > ${described}/_firstlight
    DEPENDS firstlight VERBATIM COMMENT "Writing the man page and the shell completions")
  add_custom_target(firstlight_described ALL DEPENDS ${described}/firstlight.1)
  install(FILES ${described}/firstlight.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${described}/firstlight.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME firstlight)
  install(FILES ${described}/_firstlight DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()

if(TARGET firstlight-viewer)
  install(TARGETS firstlight-viewer RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

if(EXISTS ${CMAKE_SOURCE_DIR}/sample_data)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/sample_data DESTINATION ${CMAKE_INSTALL_DATADIR}/firstlight)
endif()
foreach(document README.md LICENSE CITATION.cff CHANGELOG.md)
  if(EXISTS ${CMAKE_SOURCE_DIR}/${document})
    install(FILES ${CMAKE_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DOCDIR})
  endif()
endforeach()
