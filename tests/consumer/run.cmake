# Installs the build into a folder, builds the consumer against it and runs it:
#   cmake -DBUILD=<firstlight's build> -DSOURCE=<this folder> -P run.cmake
function(step)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE failed)
  if(failed)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "failed: ${command}")
  endif()
endfunction()

set(prefix ${BUILD}/consumer-prefix)
file(REMOVE_RECURSE ${prefix} ${BUILD}/consumer)
set(ENV{DESTDIR})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} RESULT_VARIABLE failed
  OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(failed)
  message(FATAL_ERROR "the installation failed:\n${said}")
endif()
step(${CMAKE_COMMAND} -G Ninja -S ${SOURCE} -B ${BUILD}/consumer -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH=${prefix}
  -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER})
step(${CMAKE_COMMAND} --build ${BUILD}/consumer)
step(${BUILD}/consumer/consumer)
step(${BUILD}/consumer/kernels_consumer)
if(EXISTS ${prefix}/bin/firstlight)
  step(${prefix}/bin/firstlight --version)
endif()
