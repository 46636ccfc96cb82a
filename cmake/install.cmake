# The tool, the library, its headers, its presets, the man page and a pkg-config file.
install(TARGETS denseam RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS libdenseam ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/denseam DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY presets tuning DESTINATION ${CMAKE_INSTALL_DATADIR}/denseam)
# Relative, so that `cmake --install --prefix` and a moved folder stay right.
file(RELATIVE_PATH DENSEAM_PREFIX_FROM_PC
     ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/denseam.pc.in denseam.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/denseam.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The tool writes its own manual page, from the tables behind its help.
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/denseam.1
  COMMAND denseam man > ${CMAKE_BINARY_DIR}/denseam.1
  DEPENDS denseam
  COMMENT "Writing the manual page"
  VERBATIM)
add_custom_target(manpage ALL DEPENDS ${CMAKE_BINARY_DIR}/denseam.1)
install(FILES ${CMAKE_BINARY_DIR}/denseam.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
