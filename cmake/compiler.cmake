# How everything is compiled: warnings are errors, results do not depend on the machine.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# The everyday build keeps assertions and line tables, and is optimised: the tests run whole worlds.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

add_compile_options(-Wall -Wextra -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict) # false alarms on std::string's operator+ (GCC bug 105651)
endif()
# Same bytes on every machine: no fused multiply-add, and never -march=native or -ffast-math.
add_compile_options(-ffp-contract=off)

find_program(THRONG_CCACHE ccache)
if(THRONG_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${THRONG_CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
find_program(THRONG_MOLD mold)
if(THRONG_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(THRONG_SANITIZE)
  add_compile_options(-fsanitize=${THRONG_SANITIZE} -fno-omit-frame-pointer)
  # The ordinary build has refused every warning; instrumented, GCC 12 gives false ones (<regex>, for one).
  add_compile_options(-Wno-error)
  add_link_options(-fsanitize=${THRONG_SANITIZE})
  if(THRONG_SANITIZE MATCHES "undefined")
    # Less to instrument: at -O2 this build takes half as long again.
    set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
    # CAF 0.17 binds a null reference in init_fun_factory.hpp; the run-time suppression names that file, so "null" must be recoverable.
    add_compile_options(-fno-sanitize-recover=undefined -fsanitize-recover=null)
  endif()
endif()
