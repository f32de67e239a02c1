# throng_folder(NAME SOURCES file... [LINKS target...] [PRIVATE_LINKS target...])
#
# A folder is a static library, throng_NAME, and sees only the folders that it links. Its headers are reached as
# "NAME/header.hpp" through an include tree of their own, so an include that the architecture does not allow
# does not compile.
function(throng_folder name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include/${name})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${CMAKE_BINARY_DIR}/include/${name}/${name} SYMBOLIC)
  add_library(throng_${name} STATIC ${ARG_SOURCES})
  target_include_directories(throng_${name} PUBLIC ${CMAKE_BINARY_DIR}/include/${name})
  target_link_libraries(throng_${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
endfunction()
