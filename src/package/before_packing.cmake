# What CPack runs between installing and packing: refuses what other machines cannot run, and puts
# files where Debian has them.

if(CPACK_LORA_SANITIZE)
  message(FATAL_ERROR "This build has the sanitizers in it (LORA_SANITIZE), which no package should.")
endif()
if(CPACK_LORA_NATIVE AND NOT LORA_NATIVE_PACKAGE)
  message(FATAL_ERROR
    "This build uses all instructions of this machine's processor, and would end with an illegal"
    " one on another: configure with -DLORA_NATIVE=OFF. A package for machines that are all alike"
    " is made by cpack -D LORA_NATIVE_PACKAGE=ON.")
endif()

if(CPACK_GENERATOR STREQUAL DEB)
  file(GLOB_RECURSE pages ${CPACK_TEMPORARY_DIRECTORY}/*/lora-train.1)
  foreach(page IN LISTS pages)
    execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  file(GLOB_RECURSE entries LIST_DIRECTORIES true ${CPACK_TEMPORARY_DIRECTORY}/*)
  list(FILTER entries INCLUDE REGEX "/zsh/site-functions$")
  foreach(directory IN LISTS entries)
    cmake_path(REPLACE_FILENAME directory vendor-completions OUTPUT_VARIABLE renamed)
    file(RENAME ${directory} ${renamed})
  endforeach()
endif()
