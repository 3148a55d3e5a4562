# What is not a folder of src/: programs, tests that span folders, fuzz targets and benchmarks.
# DEPENDS names folders of src/ here as in keypact_folder; one that does not exist yet leaves the whole thing out.

# What `./dev fuzz` and `./dev bench` build.
add_custom_target(fuzz_targets)
add_custom_target(bench_programs)

# keypact_program(NAME SOURCES .. TARGETS ..): the program lands at the top of the build directory.
function(keypact_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;TARGETS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_TARGETS})
  target_compile_definitions(${name} PRIVATE KEYPACT_VERSION="${PROJECT_VERSION}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# keypact_test(NAME engine DEPENDS ike/engine sim [LIBS ..] [PROPERTIES RUN_SERIAL TRUE]): all *.cc of this folder
# of tests/ become the gtest program <NAME>_tests.
function(keypact_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "DEPENDS;LIBS;PROPERTIES")
  keypact_folder_targets(depends ${arg_DEPENDS})
  if(depends STREQUAL "keypact_missing")
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(sources)
    keypact_gtest(${arg_NAME}_tests ${arg_NAME} SOURCES ${sources} TARGETS ${depends} ${arg_LIBS}
                  PROPERTIES ${arg_PROPERTIES})
  endif()
endfunction()

# keypact_fuzz(NAME message DEPENDS wire): fuzz/message.cc with LLVMFuzzerTestOneInput. With the preset fuzz it is
# the libFuzzer program fuzz_message, of SOURCES too; otherwise fuzz_message replays fuzz/corpus/message/ as a test.
function(keypact_fuzz)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "DEPENDS;LIBS;SOURCES")
  keypact_folder_targets(depends ${arg_DEPENDS})
  if(depends STREQUAL "keypact_missing")
    return()
  endif()
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${arg_NAME}.cc)
    message(WARNING "left out: fuzz/${arg_NAME}.cc does not exist")
    return()
  endif()
  set(name fuzz_${arg_NAME})
  add_executable(${name} ${CMAKE_CURRENT_SOURCE_DIR}/${arg_NAME}.cc ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${depends} ${arg_LIBS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  add_dependencies(fuzz_targets ${name})
  if(KEYPACT_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/replay_main.cc)
    add_test(NAME fuzz.replay.${arg_NAME} COMMAND ${name} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${arg_NAME})
    set_tests_properties(fuzz.replay.${arg_NAME} PROPERTIES TIMEOUT 120)
  endif()
endfunction()

# keypact_bench(NAME handshake DEPENDS ike/engine): bench/handshake.cc over Google Benchmark, program bench_handshake.
function(keypact_bench)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "DEPENDS;LIBS")
  keypact_folder_targets(depends ${arg_DEPENDS})
  if(depends STREQUAL "keypact_missing" OR NOT TARGET benchmark::benchmark_main)
    return()
  endif()
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${arg_NAME}.cc)
    message(WARNING "left out: bench/${arg_NAME}.cc does not exist")
    return()
  endif()
  set(name bench_${arg_NAME})
  add_executable(${name} ${CMAKE_CURRENT_SOURCE_DIR}/${arg_NAME}.cc)
  target_link_libraries(${name} PRIVATE ${depends} ${arg_LIBS} benchmark::benchmark_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  add_dependencies(bench_programs ${name})
endfunction()
