# keypact_lab_cases(<prefix> <folder> <arguments of run.py>..): every case of the folder's test_*.py becomes the test
# <prefix>.<theme>.<case>. They need root (else they are skipped) and run one at a time.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(keypact_lab_runner ${CMAKE_CURRENT_LIST_DIR}/run.py)

function(keypact_lab_cases prefix folder)
  file(GLOB modules CONFIGURE_DEPENDS ${folder}/test_*.py)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${modules} ${keypact_lab_runner})
  set(command ${Python3_EXECUTABLE} -B ${keypact_lab_runner} --folder ${folder} ${ARGN})
  execute_process(COMMAND ${command} --list OUTPUT_VARIABLE names OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" names "${names}")
  string(REGEX REPLACE "[.].*" "" label ${prefix})
  foreach(name IN LISTS names)
    add_test(NAME ${prefix}.${name} COMMAND ${command} ${name})
    keypact_lab_properties(${prefix}.${name} ${label})
  endforeach()
endfunction()

function(keypact_lab_properties test label)
  set_tests_properties(${test} PROPERTIES LABELS ${label} RESOURCE_LOCK lab TIMEOUT 150 SKIP_RETURN_CODE 77
                       ENVIRONMENT KEYPACT_BUILD_DIR=${CMAKE_BINARY_DIR})
endfunction()

# Programs with AddressSanitizer or ThreadSanitizer do not run in the guest: their shadow memory has no place in its address space.
function(keypact_guest_properties)
  if(KEYPACT_SANITIZE MATCHES "address|thread")
    set_tests_properties(${ARGN} PROPERTIES DISABLED TRUE)
  endif()
endfunction()
