# What `cmake --install` lays down, and the Debian packages (./dev package): throng, which is the program, its man pages and completion, the dashboard,
# example files, and units for systemd; and throng-parquet, the modules for Parquet and S3 with the libraries of Apache Arrow that they need, which
# are several times as large as all the rest; and throng-postgres, the module for sinks of PostgreSQL, which alone needs libpqxx.
include(GNUInstallDirs)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME program)

install(TARGETS throng RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# The pages that `throng serve` shows, where npm has made them (./dev build).
install(DIRECTORY build/share/throng DESTINATION ${CMAKE_INSTALL_DATADIR} OPTIONAL)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY config/scenarios config/pipelines DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY deploy/systemd/ DESTINATION lib/systemd/system FILES_MATCHING PATTERN "*.service")

foreach(module throng_parquet throng_s3)
  if(TARGET ${module})
    install(TARGETS ${module} LIBRARY DESTINATION lib/throng COMPONENT parquet)
    set_target_properties(${module} PROPERTIES INSTALL_RPATH "$ORIGIN")
  endif()
endforeach()
if(TARGET throng_postgres)
  install(TARGETS throng_postgres LIBRARY DESTINATION lib/throng COMPONENT postgres)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR}-postgres RENAME copyright COMPONENT postgres)
endif()
if(throng_pyarrow_libraries) # of a wheel: Debian has no package that it could come from
  file(GLOB arrow_libraries ${throng_pyarrow_libraries}/libarrow.so.* ${throng_pyarrow_libraries}/libparquet.so.* ${throng_pyarrow_libraries}/libarrow_s3.so.*)
  file(GLOB arrow_licences ${throng_pyarrow_libraries}/../pyarrow-*.dist-info/licenses/*.txt)
  install(FILES ${arrow_libraries} DESTINATION lib/throng COMPONENT parquet)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR}-parquet RENAME copyright COMPONENT parquet)
  install(FILES ${arrow_licences} DESTINATION ${CMAKE_INSTALL_DOCDIR}-parquet/arrow COMPONENT parquet)
endif()

# Man pages and completion say what this very program says of itself.
find_program(HELP2MAN help2man)
if(HELP2MAN)
  set(THRONG_GENERATED ${CMAKE_BINARY_DIR}/package)
  add_custom_command(
    OUTPUT ${THRONG_GENERATED}/made
    COMMAND ${CMAKE_SOURCE_DIR}/deploy/package/generate.sh $<TARGET_FILE:throng> ${THRONG_GENERATED}
    COMMAND ${CMAKE_COMMAND} -E touch ${THRONG_GENERATED}/made
    DEPENDS throng deploy/package/generate.sh
    VERBATIM)
  add_custom_target(package_texts DEPENDS ${THRONG_GENERATED}/made)
  install(DIRECTORY ${THRONG_GENERATED}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR} OPTIONAL)
  install(FILES ${THRONG_GENERATED}/completion/throng DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
  install(FILES ${THRONG_GENERATED}/completion/_throng DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions OPTIONAL)
  install(FILES ${THRONG_GENERATED}/completion/throng.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d OPTIONAL)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME throng)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
    "Sensors, web clients and bank accounts live as actors and emit to Kafka;\nconsumers compute event-time windows, detect anomalies and fraud, and store\nwhat they find in SQLite or MongoDB.")
set(CPACK_PACKAGE_CONTACT "The Throng developers <throng@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL program)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION}")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME throng)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "tzdata, adduser")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "throng-parquet, throng-postgres")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/deploy/package/postinst;${CMAKE_SOURCE_DIR}/deploy/package/prerm")
if(TARGET throng_arrow)
  list(APPEND CPACK_COMPONENTS_ALL parquet)
  set(CPACK_COMPONENT_PARQUET_DESCRIPTION "Parquet and S3 for Throng\nModules of the program, with the libraries of Apache Arrow that they need.")
  set(CPACK_DEBIAN_PARQUET_PACKAGE_NAME throng-parquet)
  set(CPACK_DEBIAN_PARQUET_PACKAGE_DEPENDS "throng (= ${PROJECT_VERSION})") # both sides are built together
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${throng_pyarrow_libraries})
endif()
if(TARGET throng_postgres)
  list(APPEND CPACK_COMPONENTS_ALL postgres)
  set(CPACK_COMPONENT_POSTGRES_DESCRIPTION "Sinks of PostgreSQL for Throng\nA module of the program.")
  set(CPACK_DEBIAN_POSTGRES_PACKAGE_NAME throng-postgres)
  set(CPACK_DEBIAN_POSTGRES_PACKAGE_DEPENDS "throng (= ${PROJECT_VERSION})")
endif()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
