# What every target is compiled with, and the helpers (ccache, mold) used when they are present.

if((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12) OR
   (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14))
  message(FATAL_ERROR "${CMAKE_CXX_COMPILER} is version ${CMAKE_CXX_COMPILER_VERSION}; g++ 12 or "
                      "clang 14 is needed. Name another one with -DCMAKE_CXX_COMPILER=...")
endif()

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD AND NOT APPLE)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough -Werror)
# Options are structs with defaults: naming some of them is how they are used.
add_compile_options(-Wno-missing-field-initializers)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-restrict)  # g++ 12 warns of overlaps inside std::string that are not there
endif()

# Results are a function of the source: no multiply and add may be fused behind our back.
add_compile_options(-ffp-contract=off)

# Nobody reads errno after a square root; without it, the compiler may take eight at once.
add_compile_options(-fno-math-errno)

if(DS4_SANITIZE)
  add_compile_options(-fsanitize=${DS4_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DS4_SANITIZE})
  # With sanitizers g++ sees uninitialised memory inside the standard library's own <regex>.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()
if(DS4_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
