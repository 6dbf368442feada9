# Tests of the tree rather than of the program: the checks that scripts/dev/check runs too, and the installed package.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
  add_test(NAME layering COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/dev/check_layering.py ${CMAKE_SOURCE_DIR})
  add_test(NAME tree COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/dev/check_tree.py ${CMAKE_SOURCE_DIR})
  add_test(NAME checks_catch_violations
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/dev/planted_violations_test.py ${CMAKE_SOURCE_DIR})
  set_tests_properties(layering tree checks_catch_violations PROPERTIES LABELS check)
endif()
if(NOT FIRSTLIGHT_KERNELS_ONLY AND NOT FIRSTLIGHT_SANITIZE)
  add_test(NAME consumer COMMAND ${CMAKE_COMMAND} -DBUILD=${CMAKE_BINARY_DIR} -DLAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
    -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}/consumer -P ${CMAKE_CURRENT_SOURCE_DIR}/consumer/run.cmake)
  set_tests_properties(consumer PROPERTIES LABELS slow TIMEOUT 600)
endif()
