# What `cmake --install` lays down, and the Debian package (./dev package): the program, its man pages and completion, the dashboard, example files,
# and units for systemd.
include(GNUInstallDirs)

install(TARGETS throng RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# The pages that `throng serve` shows, where npm has made them (./dev build).
install(DIRECTORY build/share/throng DESTINATION ${CMAKE_INSTALL_DATADIR} OPTIONAL)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY config/scenarios config/pipelines DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY deploy/systemd/ DESTINATION lib/systemd/system FILES_MATCHING PATTERN "*.service")

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
set(CPACK_DEBIAN_PACKAGE_DEPENDS "tzdata, adduser")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/deploy/package/postinst;${CMAKE_SOURCE_DIR}/deploy/package/prerm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
