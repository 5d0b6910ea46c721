# Fuzz targets: each runs a fixed number of inputs from its seed corpus as one test; `./check --full`
# lets each run for some minutes instead.
set(DS4_FUZZ_RUNS 20000 CACHE STRING "Inputs that each fuzz target runs in a test")
set(DS4_FUZZ_SECONDS 0 CACHE STRING "Seconds after which a fuzz target stops; 0 for no limit")

add_custom_target(fuzzers)

foreach(module ${modules})
  get_property(fuzzers GLOBAL PROPERTY DS4_FUZZERS_${module})
  foreach(source ${fuzzers})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    add_dependencies(fuzzers ${name})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${name} PRIVATE ds4_${module})
    # New inputs go to the first folder; the seeds of the tree stay as they are.
    set(corpus ${CMAKE_BINARY_DIR}/corpus/${name})
    file(MAKE_DIRECTORY ${corpus})
    set(seeds ${CMAKE_SOURCE_DIR}/tests/corpus/${name})
    if(name STREQUAL "gguf_fuzz")
      set(seeds ${CMAKE_SOURCE_DIR}/tests/vectors/gguf)
    elseif(NOT IS_DIRECTORY ${seeds})
      set(seeds "")
    endif()
    add_test(NAME fuzz.${name}
             COMMAND ${name} -runs=${DS4_FUZZ_RUNS} -max_total_time=${DS4_FUZZ_SECONDS} -seed=1
                     -max_len=65536 -timeout=10 -rss_limit_mb=2048 ${corpus} ${seeds})
    set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 600)
  endforeach()
endforeach()
