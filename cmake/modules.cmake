# Every folder of src/ is one static library, found by name:
#   NAME.cpp is compiled into the library, NAME_test.cpp into the folder's test program,
#   NAME_fuzz.cpp becomes a fuzz target of its own; NAME_linux.cpp and NAME_macos.cpp are taken on
#   that system only.

set(DS4_OTHER_SYSTEM "_macos\\.cpp$")
if(APPLE)
  set(DS4_OTHER_SYSTEM "_linux\\.cpp$")
endif()

function(ds4_module NAME)
  cmake_parse_arguments(ARG "" "" "DEPENDS;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${NAME}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "${DS4_OTHER_SYSTEM}")
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")

  add_library(ds4_${NAME} STATIC ${sources})
  target_include_directories(ds4_${NAME} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(ds4_${NAME} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})

  set_property(GLOBAL APPEND PROPERTY DS4_MODULES ${NAME})
  set_property(GLOBAL PROPERTY DS4_TESTS_${NAME} "${tests}")
  set_property(GLOBAL PROPERTY DS4_FUZZERS_${NAME} "${fuzzers}")
endfunction()

# A main of apps/: lands directly in the build folder. The target `programs` is all of them.
add_custom_target(programs)
function(ds4_program NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS})
  target_compile_definitions(${NAME} PRIVATE DS4_VERSION="${PROJECT_VERSION}")
  add_dependencies(programs ${NAME})
  install(TARGETS ${NAME} RUNTIME DESTINATION bin)
  set_property(GLOBAL APPEND PROPERTY DS4_PROGRAMS ${NAME})
endfunction()
