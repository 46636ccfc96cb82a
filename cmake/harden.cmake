# What makes a mistake in C harder to use: position-independent programs, read-only relocations bound at the start,
# checked calls of the C library, guarded stacks, and control flow that the processor follows (CET, or what 64-bit ARM
# has). Where the compiler lacks one it is left out; tests/hardening.sh looks at what was built.
include(CheckCCompilerFlag)
include(CheckPIESupported)
include(CheckLinkerFlag)

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
check_pie_supported(LANGUAGES C)

foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection -mbranch-protection=standard)
  string(MAKE_C_IDENTIFIER "DENSEAM_HAS${flag}" has)
  check_c_compiler_flag("${flag} -Werror" ${has}) # clang takes an architecture's flags on any, and warns
  if(${has})
    add_compile_options($<$<COMPILE_LANGUAGE:C>:${flag}>)
  endif()
endforeach()
foreach(flag -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  string(MAKE_C_IDENTIFIER "DENSEAM_HAS${flag}" has)
  check_linker_flag(C ${flag} ${has})
  if(${has})
    add_link_options(${flag})
  endif()
endforeach()

# Wants an optimising build, and gets in the sanitizers' way. 3 is of GCC 12 and clang 9; a level that the packager
# asks for stays.
check_c_compiler_flag("-O2 -D_FORTIFY_SOURCE=3 -Werror" DENSEAM_HAS_FORTIFY_3)
if(NOT DENSEAM_SANITIZE AND NOT CMAKE_C_FLAGS MATCHES "_FORTIFY_SOURCE")
  set(level 2)
  if(DENSEAM_HAS_FORTIFY_3)
    set(level 3)
  endif()
  set(optimised $<AND:$<COMPILE_LANGUAGE:C>,$<CONFIG:Release,RelWithDebInfo,MinSizeRel>>)
  add_compile_options($<${optimised}:-U_FORTIFY_SOURCE> $<${optimised}:-D_FORTIFY_SOURCE=${level}>)
endif()
