# How everything is compiled: one INTERFACE target, `sync_options`, that every target of ours links.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

set(SYNC_SANITIZE "" CACHE STRING "Sanitizers for every target: 'address,undefined' or 'thread'")
option(SYNC_WERROR "Treat our own warnings as errors" OFF)
option(SYNC_COVERAGE "Instrument for gcov" OFF)
option(SYNC_FUZZ "libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer; needs Clang" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()

include(CheckLinkerFlag)
check_linker_flag(CXX "-fuse-ld=lld" SYNC_HAVE_LLD)
if(SYNC_HAVE_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(sync_options INTERFACE)
add_library(sync::options ALIAS sync_options)
target_include_directories(sync_options INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
# Where sources are joined (CMAKE_UNITY_BUILD: several in one compilation, which reads the headers
# once), names of other files stand around; `dev` and `clang` compile each file by itself.
set(shadow_warning -Wshadow)
if(CMAKE_UNITY_BUILD)
  set(shadow_warning $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local> $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
target_compile_options(sync_options INTERFACE
  -Wall -Wextra -Wpedantic ${shadow_warning} -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op>
  $<$<BOOL:${SYNC_WERROR}>:-Werror>
  -fstack-protector-strong -fcf-protection)
target_compile_definitions(sync_options INTERFACE _GLIBCXX_ASSERTIONS)
add_link_options(-Wl,-z,relro -Wl,-z,now)

# What is delivered is compiled with more (ADR 44); tests/lint/programs.py reads the built programs. Debug builds
# and those with sanitizers do without: fortified functions need an optimiser, and zeroed variables hide faults.
# Prefix maps keep the folders of the build machine out of programs, debug information and __FILE__.
set(SYNC_HARDENED OFF)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT SYNC_SANITIZE AND NOT SYNC_FUZZ
   AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(SYNC_HARDENED ON)
  add_compile_definitions(_FORTIFY_SOURCE=3)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -ftrivial-auto-var-init=zero
    -ffile-prefix-map=${CMAKE_BINARY_DIR}=build -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
  # The start files of Debian 12's C library carry no CET notes, so the linker has to be told. They are
  # fit for a shadow stack; for indirect branch tracking they are not, so that note is not forced.
  add_link_options(-Wl,-z,shstk -Wl,-z,noexecstack -Wl,-z,separate-code)
endif()

if(SYNC_SANITIZE)
  add_compile_options(-fsanitize=${SYNC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  # With AddressSanitizer GCC 12 takes Asio's own allocation of coroutine frames for a mismatch.
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-mismatched-new-delete>)
  add_link_options(-fsanitize=${SYNC_SANITIZE})
endif()
if(SYNC_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()
if(SYNC_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# The Beast and Asio translation units need about 0.9 GB each: never more than one at a time.
set_property(GLOBAL PROPERTY JOB_POOLS heavy=1)

# sync_library(NAME SOURCES a.cpp ... [PUBLIC targets...] [PRIVATE targets...])
# A static library `sync_NAME` with the alias `sync::NAME`.
function(sync_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(sync_${name} STATIC ${ARG_SOURCES})
  add_library(sync::${name} ALIAS sync_${name})
  target_link_libraries(sync_${name} PUBLIC sync::options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# sync_program(NAME SOURCES main.cpp … LIBS targets…): a program that asks for passphrases. It is linked
# twice from the same objects: bin/NAME as it is installed, and test-bin/NAME, where a passphrase costs
# nothing (shared/passphrase/cost.hpp). The target `test_programs` is everything in test-bin.
set(SYNC_TEST_PROGRAMS "${CMAKE_BINARY_DIR}/test-bin")
file(MAKE_DIRECTORY "${SYNC_TEST_PROGRAMS}")
add_custom_target(test_programs ALL)
function(sync_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name}-objects OBJECT ${ARG_SOURCES})
  target_link_libraries(${name}-objects PRIVATE sync::options ${ARG_LIBS})
  add_executable(${name} $<TARGET_OBJECTS:${name}-objects>)
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} sync_passphrase_cost_real)
  add_executable(${name}-test $<TARGET_OBJECTS:${name}-objects>)
  target_link_libraries(${name}-test PRIVATE ${ARG_LIBS} sync_passphrase_cost_test)
  set_target_properties(${name}-test PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${SYNC_TEST_PROGRAMS}")
  add_dependencies(test_programs ${name}-test)
endfunction()

# sync_test_program(NAME): a program of bin that test-bin shows as it is.
function(sync_test_program name)
  file(CREATE_LINK "../bin/${name}" "${SYNC_TEST_PROGRAMS}/${name}" SYMBOLIC)
  add_dependencies(test_programs ${name})
endfunction()

# Test code is not optimised where the product is: it would be a third of a build from nothing, and
# tests spend their time in the product's code.
add_library(test_options INTERFACE)
if(SYNC_HARDENED)
  target_compile_options(test_options INTERFACE -O0 -U_FORTIFY_SOURCE)
endif()

# No suite takes more than two minutes on a usual machine with nothing else to do; each may take ten
# times that.
set(SYNC_TIMEOUT 1200)
if(SYNC_SANITIZE)
  math(EXPR SYNC_TIMEOUT "5 * ${SYNC_TIMEOUT}")
endif()

# sync_test(NAME LABEL unit SOURCES a.cpp … LIBS targets… [SHARDS n]): a GoogleTest program. With SHARDS
# it is n ctest entries, NAME_1 to NAME_n, that share the tests.
function(sync_test name)
  cmake_parse_arguments(ARG "" "LABEL;SHARDS" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE sync::options test_options ${ARG_LIBS} sync_passphrase_cost_test
    GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  set(limits LABELS "${ARG_LABEL}" TIMEOUT ${SYNC_TIMEOUT})
  if(NOT ARG_SHARDS)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES ${limits})
    return()
  endif()
  foreach(shard RANGE 1 ${ARG_SHARDS})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}_${shard} COMMAND ${name})
    set_tests_properties(${name}_${shard} PROPERTIES ${limits}
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${ARG_SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()
