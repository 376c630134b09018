# The Debian packages lora-train and lora-dev.

# Who makes them, as Debian's tools take it from the environment when they are configured first.
set(maker "lora-train <root@localhost>")
if(DEFINED ENV{DEBFULLNAME} AND DEFINED ENV{DEBEMAIL})
  set(maker "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
endif()
set(LORA_MAINTAINER ${maker} CACHE STRING "Name <address> of who makes the Debian packages")
set(CPACK_PACKAGE_CONTACT ${LORA_MAINTAINER})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lora-train)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program library)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME lora-train)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
"lora-train adapts a layer that is a file, such as the head of a classifier,
to rows that are a table or an array: low-rank factors are trained beside the
frozen weight. It writes adapters as PEFT keeps them, and its numbers are
PyTorch's.")
if(LORA_HAVE_ONEDNN)  # which the program loads by itself, if it is there
  file(STRINGS ${LORA_ONEDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h version
    REGEX "#define DNNL_VERSION_MAJOR +[0-9]+")
  string(REGEX MATCH "[0-9]+" version ${version})
  set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS libdnnl${version})
endif()

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME lora-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS
  "libeigen3-dev (>= 3.4), nlohmann-json3-dev (>= 3.10), zlib1g-dev")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_RECOMMENDS ${CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS})
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
"The library behind lora-train for other programs in C++20: headers, a static
archive, and the CMake package lora with the target lora::lora.")

set(CPACK_LORA_NATIVE ${LORA_NATIVE})
set(CPACK_LORA_SANITIZE ${LORA_SANITIZE})
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/before_packing.cmake)
include(CPack)
