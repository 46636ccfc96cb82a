# The habits as targets: cmake --build build/release --target check. Each is one script in ci/ that
# also runs by hand.
function(denseam_habit name)
  add_custom_target(${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                    USES_TERMINAL VERBATIM)
endfunction()

denseam_habit(check ci/check ${CMAKE_BINARY_DIR})     # every test of this build
denseam_habit(asan ci/asan)                           # the tests under the sanitizers
denseam_habit(tidy ci/tidy)                           # clang-tidy
denseam_habit(analyze ci/analyze)                     # clang's static analyzer
denseam_habit(format ci/format)                       # clang-format, in place
denseam_habit(layers ci/check-layers)                 # who includes whom
denseam_habit(cl-lint ci/cl-lint ${CMAKE_BINARY_DIR}) # the kernels through clang
denseam_habit(cl-race ci/cl-race ${CMAKE_BINARY_DIR}) # the kernels through Oclgrind
denseam_habit(bench denseam bench)                    # how fast this machine is
add_dependencies(check denseam)
add_dependencies(cl-lint denseam)
if(BUILD_TESTING)
  add_dependencies(cl-race denseam race-fill)
endif()
