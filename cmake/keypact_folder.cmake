# keypact_folder(NAME ike/core DEPENDS base proto [LIBS fmt::fmt] [EXECUTABLE keypactd])
#
# One folder of src/ becomes the static library keypact_ike_core (an INTERFACE library when it has only headers).
# Its *_test.cc become one gtest program, ike_core_test. With EXECUTABLE, main.cc is not part of the library but
# the program of that name, at the top of the build directory. LIBS are targets from outside (dependencies.cmake).

function(keypact_target_name folder result)
  string(REPLACE "/" "_" name ${folder})
  set(${result} keypact_${name} PARENT_SCOPE)
endfunction()

# Sets <result> to the library targets of the named folders; the empty list and a warning if one does not exist.
function(keypact_folder_targets result)
  set(targets "")
  foreach(folder IN LISTS ARGN)
    keypact_target_name(${folder} target)
    if(NOT TARGET ${target})
      message(WARNING "left out: it needs src/${folder}, which has no CMakeLists.txt or was left out itself")
      set(${result} "keypact_missing" PARENT_SCOPE)
      return()
    endif()
    list(APPEND targets ${target})
  endforeach()
  set(${result} "${targets}" PARENT_SCOPE)
endfunction()

# A gtest program <name> from <sources>; its tests are called <prefix>.<Suite>.<Test>.
function(keypact_gtest name prefix)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;TARGETS;PROPERTIES")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_TARGETS} GTest::gmock GTest::gtest_main rapidcheck)
  target_compile_definitions(${name} PRIVATE KEYPACT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
  target_compile_options(${name} PRIVATE -O1)   # the tests themselves need no speed, their compilation does
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${prefix}."
                       PROPERTIES TIMEOUT 120 ${arg_PROPERTIES})
endfunction()

function(keypact_folder)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;EXECUTABLE" "DEPENDS;LIBS")
  if(NOT arg_NAME OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "keypact_folder(NAME .. [DEPENDS ..] [LIBS ..] [EXECUTABLE ..]): ${arg_UNPARSED_ARGUMENTS}")
  endif()
  keypact_target_name(${arg_NAME} target)
  string(REPLACE "/" "_" flat ${arg_NAME})
  keypact_folder_targets(depends ${arg_DEPENDS})
  if(depends STREQUAL "keypact_missing")
    return()
  endif()

  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()
  if(arg_EXECUTABLE)
    list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/main.cc)
  endif()

  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${target} PUBLIC ${depends} ${arg_LIBS})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${target} INTERFACE ${depends} ${arg_LIBS})
  endif()

  if(arg_EXECUTABLE)
    keypact_program(${arg_EXECUTABLE} SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/main.cc TARGETS ${target})
  endif()
  if(tests)
    keypact_gtest(${flat}_test ${flat} SOURCES ${tests} TARGETS ${target})
  endif()
endfunction()
