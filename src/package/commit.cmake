# Writes FILE, a source with the commit of the sources in SOURCE_DIR, unless it says so already:
#     cmake -D SOURCE_DIR=… -D FILE=… -P commit.cmake
set(commit unknown)
find_package(Git QUIET)
if(Git_FOUND)
  # Sources that were unpacked within the tree of another repository are none of its commits.
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --show-prefix
    WORKING_DIRECTORY ${SOURCE_DIR} RESULT_VARIABLE failed OUTPUT_VARIABLE prefix
    ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT failed AND prefix STREQUAL "")
    execute_process(COMMAND ${GIT_EXECUTABLE} --no-optional-locks describe
                            --always --dirty --abbrev=12 --exclude=*
      WORKING_DIRECTORY ${SOURCE_DIR} RESULT_VARIABLE failed OUTPUT_VARIABLE described
      ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT failed)
      set(commit ${described})
    endif()
  endif()
endif()

file(CONFIGURE OUTPUT ${FILE} @ONLY CONTENT [[
#include "version.h"

std::string lora::cli::commit() {
  return "@commit@";
}
]])
